import type { LakeTable } from '@candlelake/core';

export interface EncodeCommand {
  readonly id: number;
  readonly table: LakeTable;
}

export type EncodeReply =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: string };
