import { createMemoryStore } from '@candlelake/core';
import { candleStoreContract } from '../../contracts/candleStore.ts';
import { derivationStoreContract } from '../../contracts/derivationStore.ts';
import { mergeLawContract } from '../../contracts/mergeLaw.ts';
import { noticeLaw } from '../../contracts/noticeLaw.ts';
import { noticeStoreContract, sinkContract } from '../../contracts/noticeStore.ts';
import { paceStoreContract } from '../../contracts/paceStore.ts';
import type { OpenStore } from '../../contracts/storeFixture.ts';

/** A memory store has one process, so both connections are the store itself. */
const openMemory: OpenStore = async (now) => {
  const store = createMemoryStore({ now });
  return { store, second: store, reopen: async () => store, close: async () => {} };
};

candleStoreContract('the memory store', openMemory);
mergeLawContract('the memory store', openMemory, 300);
derivationStoreContract('the memory store', openMemory);
noticeStoreContract('the memory store', openMemory);
noticeLaw('the memory store', openMemory, 150);
paceStoreContract('the memory store', openMemory);
sinkContract('the memory store', openMemory);
