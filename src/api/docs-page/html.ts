/** Text of HTML that is safe to send as it is. */
export interface Html {
  readonly html: string;
}

/** HTML from a template: whatever is put in is escaped unless it is HTML already; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: parts.map((part, at) => part + (at < values.length ? textOf(values[at]) : '')).join('') };
}

type HtmlValue = string | number | Html | readonly HtmlValue[] | null | undefined;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function textOf(value: HtmlValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object' && 'html' in value) return value.html;
  if (typeof value === 'object') return value.map(textOf).join('');
  return String(value).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
