import { describe, expect, it } from 'vitest';
import { MassWatch, type CountedChanges } from './mass-watch.ts';

/** `seconds:increment count`, in order; `x` behind it: within a transaction. */
function found(lines: readonly string[], thresholds = { documents: 100, seconds: 10 }): readonly string[] {
  const watch = new MassWatch(thresholds);
  const changes = lines.flatMap((line) => {
    const [t, i, count, flag] = line.split(/[: ]/);
    const change: CountedChanges = {
      uuid: 'u',
      ns: 'shop.orders',
      op: 'delete',
      count: Number(count),
      inTransaction: flag === 'x',
    };
    const time = { t: Number(t), i: Number(i) };
    const ended = [...watch.advance(time)];
    watch.add(time, change);
    return ended;
  });
  return [...changes, ...watch.end()].map(
    ({ first, last, count, inTransaction }) => `${first.t}:${first.i} ${last.t}:${last.i} ${count}${inTransaction ? ' x' : ''}`,
  );
}

describe('mass changes', () => {
  it('are many in a short time, from the first to the last', () => {
    expect(found(['100:1 50', '101:1 50', '102:1 20', '150:1 5'])).toEqual(['100:1 102:1 120']);
    expect(found(['100:1 50', '110:1 50'])).toEqual([]);
    expect(found(['100:1 99', '100:2 1', '300:1 100'])).toEqual(['100:1 100:2 100', '300:1 300:1 100']);
  });

  it('do not begin or end with the few changes that there are all the time', () => {
    const trickle = Array.from({ length: 30 }, (_, n) => `${100 + n}:1 1`);
    const lines = [...trickle.slice(0, 15), '115:5 400', '115:6 400', ...trickle.slice(16)];
    expect(found(lines)).toEqual(['115:5 115:6 800']);
    expect(found([...trickle.slice(0, 15), '115:5 60', '115:6 60', '116:1 80', ...trickle.slice(17)])).toEqual([
      '115:5 116:1 200',
    ]);
  });

  it('begin with what was changed late in the second before', () => {
    expect(found(['100:1 8', '101:1 50', '101:2 50'])).toEqual(['100:1 101:2 108']);
    expect(found(['97:1 3', '98:1 3', '99:1 2', '100:1 8', '101:1 50', '101:2 50'])).toEqual(['100:1 101:2 108']);
    expect(found(['98:1 8', '101:1 50', '101:2 50'])).toEqual(['101:1 101:2 100']);
    expect(found(['98:1 4', '99:1 4', '100:1 8', '101:1 50', '101:2 50'])).toEqual(['101:1 101:2 100']);
  });

  it('may go on for long, and be one transaction', () => {
    const hour = Array.from({ length: 360 }, (_, n) => `${1000 + n * 5}:1 100`);
    expect(found(hour)).toEqual(['1000:1 2795:1 36000']);
    expect(found(['100:1 5', '101:1 500 x', '102:1 5'])).toEqual(['101:1 101:1 500 x']);
  });

  it('say from when on something may still come of what was seen', () => {
    const watch = new MassWatch({ documents: 100, seconds: 10 });
    const one = { uuid: 'u', ns: 'a.b', op: 'update', count: 1, inTransaction: false } as const;
    expect(watch.earliest).toBeNull();
    watch.add({ t: 100, i: 3 }, one);
    expect(watch.earliest).toEqual({ t: 100, i: 3 });
    expect([...watch.advance({ t: 111, i: 1 })]).toEqual([]);
    expect(watch.earliest).toBeNull();
  });
});
