/**
 * Text from a server as one harmless line: control characters, which could move the cursor or clear the screen, and
 * marks that reverse the direction of text are shown as escapes. Names of collections may hold any of them.
 */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

// \p{Cc}: control characters; the others: bidirectional overrides and isolates, line and paragraph separators.
const unsafe = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
