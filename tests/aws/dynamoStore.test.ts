import { createDynamoStore } from '../../packages/functions/src/adapters/dynamo/store.ts';
import { createDynamoTable } from '../../packages/functions/src/adapters/dynamo/table.ts';
import { candleStoreContract } from '../contracts/candleStore.ts';
import { derivationStoreContract } from '../contracts/derivationStore.ts';
import { mergeLawContract } from '../contracts/mergeLaw.ts';
import { noticeLaw } from '../contracts/noticeLaw.ts';
import { noticeStoreContract } from '../contracts/noticeStore.ts';
import { paceStoreContract } from '../contracts/paceStore.ts';
import type { OpenStore } from '../contracts/storeFixture.ts';
import { createTable, deleteTable, dynamo } from './resources.ts';

const openDynamo: OpenStore = async (now) => {
  const name = await createTable();
  const open = () => createDynamoStore(createDynamoTable(dynamo, name), { now });
  return {
    store: open(),
    second: open(),
    reopen: async () => open(),
    close: () => deleteTable(name),
  };
};

candleStoreContract('the DynamoDB store', openDynamo);
mergeLawContract('the DynamoDB store', openDynamo, 15);
derivationStoreContract('the DynamoDB store', openDynamo);
noticeStoreContract('the DynamoDB store', openDynamo);
noticeLaw('the DynamoDB store', openDynamo, 2);
paceStoreContract('the DynamoDB store', openDynamo);
