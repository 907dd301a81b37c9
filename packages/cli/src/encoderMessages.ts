import type { LakeTable } from '@candlelake/core';

/** The tables that were asked for at the same time: the objects of a day. */
export type EncodeCommand = readonly EncodeTask[];

export interface EncodeTask {
  readonly id: number;
  readonly table: LakeTable;
}

export type EncodeReply = readonly EncodeResult[];

export type EncodeResult =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: string };
