import { createMemoryObjects } from '@candlelake/core';
import { objectStoreContract } from '../../contracts/objectStore.ts';

objectStoreContract('objects in memory', async () => createMemoryObjects());
