import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { candleStoreContract } from '../contracts/candleStore.ts';
import { derivationStoreContract } from '../contracts/derivationStore.ts';
import { mergeLawContract } from '../contracts/mergeLaw.ts';
import { noticeLaw } from '../contracts/noticeLaw.ts';
import { noticeStoreContract } from '../contracts/noticeStore.ts';
import { paceStoreContract } from '../contracts/paceStore.ts';
import type { OpenStore } from '../contracts/storeFixture.ts';
import { createMemoryTable } from './memoryTable.ts';

const NAME = 'the DynamoDB store on a table in memory';

const openInMemory: OpenStore = async (now) => {
  const table = createMemoryTable();
  const open = () => createDynamoStore(table, { now });
  return { store: open(), second: open(), reopen: async () => open(), close: async () => {} };
};

candleStoreContract(NAME, openInMemory);
mergeLawContract(NAME, openInMemory);
derivationStoreContract(NAME, openInMemory);
noticeStoreContract(NAME, openInMemory);
noticeLaw(NAME, openInMemory, 60);
paceStoreContract(NAME, openInMemory);
