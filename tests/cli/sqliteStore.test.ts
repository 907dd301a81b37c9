import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteStore } from '../../packages/cli/src/adapters/sqliteStore.ts';
import { candleStoreContract } from '../contracts/candleStore.ts';
import { derivationStoreContract } from '../contracts/derivationStore.ts';
import { mergeLawContract } from '../contracts/mergeLaw.ts';
import { noticeLaw } from '../contracts/noticeLaw.ts';
import { noticeStoreContract, sinkContract } from '../contracts/noticeStore.ts';
import { paceStoreContract } from '../contracts/paceStore.ts';
import type { OpenStore } from '../contracts/storeFixture.ts';
import { MEMORY_FOLDER } from './memoryFolder.ts';

const openSqlite: OpenStore = async (now) => {
  const folder = await mkdtemp(join(MEMORY_FOLDER, 'candlelake-store-'));
  const path = join(folder, 'candles.sqlite');
  let handles = [openSqliteStore(path, { now }), openSqliteStore(path, { now })];
  const closeAll = () => {
    for (const handle of handles) handle.close();
    handles = [];
  };
  return {
    store: handles[0]!,
    second: handles[1]!,
    reopen: async () => {
      closeAll();
      handles = [openSqliteStore(path, { now })];
      return handles[0]!;
    },
    close: async () => {
      closeAll();
      await rm(folder, { recursive: true });
    },
  };
};

candleStoreContract('the SQLite store', openSqlite);
mergeLawContract('the SQLite store', openSqlite);
derivationStoreContract('the SQLite store', openSqlite);
noticeStoreContract('the SQLite store', openSqlite);
noticeLaw('the SQLite store', openSqlite, 12);
paceStoreContract('the SQLite store', openSqlite);
sinkContract('the SQLite store', openSqlite);
