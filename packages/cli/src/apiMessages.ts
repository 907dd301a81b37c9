import type { ApiRequest, LiveEvent, LiveTopic, Market, Parameters, TopicLook } from '@candlelake/core';

/** What the API worker is started with. */
export interface ApiWorkerOptions {
  readonly storePath: string;
  readonly lakeRoot: string;
  /** The market whose series are shown. */
  readonly market: Market;
}

/** What the worker is asked for; each call has its own number. */
export interface ApiCalls {
  /** An answer that is read from lake and store. */
  readonly answer: { readonly asked: AnswerCall; readonly result: ApiBody };
  /** The topic of a request for live bars. */
  readonly topic: { readonly asked: Parameters; readonly result: LiveTopic };
  /** What has changed in topics, in their order. */
  readonly look: { readonly asked: readonly TopicLook[]; readonly result: readonly (readonly LiveEvent[])[] };
  readonly forget: { readonly asked: LiveTopic; readonly result: null };
}
export type ApiCallName = keyof ApiCalls;

interface AnswerCall {
  readonly request: ApiRequest;
  /** The client takes gzip. */
  readonly isZipped: boolean;
}

/** The body of an answer: JSON in UTF-8, compressed when it is worth it. */
export interface ApiBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isZipped: boolean;
}

/** A message to the worker. */
export type ApiCommand = {
  readonly [N in ApiCallName]: {
    readonly id: number;
    readonly name: N;
    readonly asked: ApiCalls[N]['asked'];
  };
}[ApiCallName];

/** A message from the worker. `status` is that of the problem when the request was wrong; else null. */
export type ApiReply =
  | { readonly id: number; readonly result: ApiCalls[ApiCallName]['result'] }
  | { readonly id: number; readonly error: string; readonly status: number | null };
