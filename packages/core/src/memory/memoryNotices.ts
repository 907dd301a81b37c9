import { type CrossoverNotice, newestFirst, planNotices } from '../domain/bars/notices.ts';
import { startOfDay } from '../domain/time/time.ts';
import type { DayCommit, NoticeStore } from '../ports.ts';
import type { MemoryState } from './memoryState.ts';

/** The notices of the memory store. None of them is ever dropped. */
export function createMemoryNotices(state: MemoryState): NoticeStore {
  return {
    async recentNotices(limit) {
      return [...lastOfEach(state.notices).values()].sort(newestFirst).slice(0, limit);
    },
    async openOutbox(sink) {
      const done = () => state.sinks.get(sink) ?? state.notices.length;
      state.sinks.set(sink, done());
      return {
        waiting: async (limit) => state.notices.slice(done(), done() + limit),
        count: async () => state.notices.length - done(),
        async remove({ id, sequence }) {
          const index = state.notices.findIndex((one) => one.id === id && one.sequence === sequence);
          state.sinks.set(sink, Math.max(done(), index + 1));
        },
      };
    },
  };
}

/** Adds the notices that the commit of a day gives. */
export function addNotices(state: MemoryState, { day, crossovers: found = [] }: DayCommit): void {
  const ofDay = state.notices.filter(({ closeTime }) => startOfDay(closeTime - 1) === day);
  const known = [...lastOfEach(ofDay).values()];
  state.notices.push(...planNotices({ known, found, since: state.noticesFrom }));
}

function lastOfEach(notices: readonly CrossoverNotice[]): ReadonlyMap<string, CrossoverNotice> {
  return new Map(notices.map((notice) => [notice.id, notice]));
}
