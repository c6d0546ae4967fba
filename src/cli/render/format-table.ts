import { printable } from './printable.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Rows under titles, columns as wide as their widest cell, two blanks between them, no blanks at line ends. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => width(line[at] ?? ''))));
  return lines
    .map((line) =>
      columns
        .map((column, at) => pad(line[at] ?? '', widths[at] ?? 0, column.align))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `name  value` lines, names padded to the widest; pairs without a value are left out. */
export function formatFields(fields: readonly (readonly [name: string, value: string | null])[]): string {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== null && field[1] !== '');
  const widest = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(widest)}  ${printable(value)}`).join('\n');
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number, align: Column['align']): string {
  const blanks = ' '.repeat(Math.max(0, to - width(text)));
  return align === 'right' ? blanks + text : text + blanks;
}
