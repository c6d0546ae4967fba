import { describe, expect, it } from 'vitest';
import type { WireHistoryEvent } from '../wire.ts';
import { describeHistory } from './describe-history.ts';

const updated: WireHistoryEvent = {
  kind: 'document-updated',
  time: '2026-11-25T10:00:00.000Z',
  at: '1795600800:7',
  until: null,
  restore_at: '1795600800:6',
  restorable: true,
  ns: 'shop.orders',
  other_ns: null,
  count: null,
  in_transaction: true,
  change: 'set a = 1\nunset b\u001b[2J',
};
const dropped: WireHistoryEvent = {
  ...updated,
  kind: 'database-dropped',
  restore_at: '1795600900:1',
  ns: 'shop',
  count: 2,
  in_transaction: false,
  change: null,
  restorable: false,
};

describe('what the history tells people', () => {
  it('has a line for each event, the change below it, and the command that restores to just before the last one that does', () => {
    const text = describeHistory([updated, dropped], { instance: 'orders', complete: true });
    expect(text).toMatch(/shop\.orders: updated, in a transaction +1795600800:6\n +set a = 1\n +unset b/);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('database shop dropped, 2 collections');
    expect(text).toContain('1795600900:1 (does not restore)');
    expect(text).toContain('larder restore --instance orders --at 1795600800:6 --to');
    expect(text).not.toContain('There is more');
  });

  it('says when nothing was found, and when there is more', () => {
    expect(describeHistory([], { instance: 'orders', complete: true })).toBe('Nothing was found in what is archived.');
    expect(describeHistory([dropped], { instance: 'orders', complete: false })).toContain('There is more');
  });
});
