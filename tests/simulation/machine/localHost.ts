import type { CollectorOptions, EncodeTable, LakeSettings } from '@candlelake/core';
import { startProcess } from './collectorProcess.ts';
import type { DiskObjects, Host } from './host.ts';
import { createLakeLock } from './lakeLock.ts';
import type { MachineStore } from './machineStore.ts';

export interface LocalHostOptions {
  readonly store: MachineStore;
  readonly objects: DiskObjects;
  readonly encode: EncodeTable;
  readonly settings: LakeSettings;
  readonly collector: CollectorOptions;
  readonly random: () => number;
}

/** The longest write of an object. */
const SLOWEST_WRITE_MS = 60;

/** One machine with the adapters of the command line. */
export function createLocalHost({ store, objects, random, ...options }: LocalHostOptions): Host {
  const lock = createLakeLock();
  return {
    objects,
    start({ clock, life, mortal, ...parts }) {
      const delay = () => clock.sleep(random() * SLOWEST_WRITE_MS);
      return startProcess({
        ...options,
        ...parts,
        clock,
        lease: lock.leaseOf(life, clock),
        store: mortal(store.open(clock.now), 'store'),
        objects: mortal(objects, 'objects', delay),
      });
    },
    beforeTear: store.beforeTear,
    onKilled: store.onKilled,
    store: store.current,
    finish: async () => {},
    close: store.close,
  };
}
