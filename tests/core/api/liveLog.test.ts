import { LiveLog } from '@candlelake/core';
import { describe, expect, it } from 'vitest';

/** Adds events whose texts are their ids with a name. */
function add(log: LiveLog, topic: string, ...names: string[]): readonly string[] {
  return names.map((name) => log.add(topic, (id) => `${id} ${name}`));
}

describe('LiveLog', () => {
  it('gives a topic what came after an id, in order, and nothing of other topics', () => {
    const log = new LiveLog('run');
    for (const topic of ['btc', 'eth']) log.open(topic);
    add(log, 'btc', 'one');
    const { id } = log;
    add(log, 'eth', 'other');
    add(log, 'btc', 'two', 'three');
    expect(log.since('btc', id)).toEqual(['run-3 two', 'run-4 three']);
    expect(log.since('btc', log.id)).toEqual([]);
  });

  it.each(['run-99', 'run-', 'run-x', 'other-1', '', 'run--1', 'run-1e9', 'run', `run-${'9'.repeat(40)}`])(
    'does not know the id "%s"',
    (id) => {
      const log = new LiveLog('run');
      log.open('btc');
      add(log, 'btc', 'one');
      expect(log.since('btc', id)).toBeNull();
    },
  );

  it('does not continue over a time in which it kept nothing of the topic', () => {
    const log = new LiveLog('run');
    log.open('btc');
    const { id } = log;
    log.close('btc');
    expect(log.since('btc', id)).toBeNull();
    add(log, 'eth', 'meanwhile');
    log.open('btc');
    expect(log.since('btc', id)).toBeNull();
    expect(log.since('btc', log.id)).toEqual([]);
  });

  it('keeps as many events as its limit, and continues from no older one', () => {
    const log = new LiveLog('run', 3);
    log.open('btc');
    const ids = Array.from({ length: 20 }, (_, i) => add(log, 'btc', `e${i}`)[0]!.split(' ')[0]!);
    expect(log.since('btc', ids[16]!)).toEqual(['run-18 e17', 'run-19 e18', 'run-20 e19']);
    expect(log.since('btc', ids[15]!)).toBeNull();
  });
});
