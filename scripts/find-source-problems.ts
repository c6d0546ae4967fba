const vagueNames = new Set([
  'util',
  'utils',
  'common',
  'helper',
  'helpers',
  'manager',
  'managers',
  'misc',
  'shared',
  'types',
  'constants',
]);

interface Pattern {
  readonly pattern: RegExp;
  readonly reason: string;
  /** Paths where it is allowed. */
  readonly except: RegExp;
}

const clock = /^src\/lib\/clock\.ts$/;
/** This file and its test hold what they look for. */
const self = /^scripts\/find-source-problems(\.test)?\.ts$/;
const environment = /^(src\/main\.ts$|bin\/|scripts\/|bench\/|test\/)|\.test\.ts$/;

const patterns: readonly Pattern[] = [
  { pattern: /\bnew Date\(\s*\)/, reason: 'time comes from a Clock, src/lib/clock.ts', except: clock },
  { pattern: /(?<!new )(?<![.\w])Date\(\s*\)/, reason: 'time comes from a Clock, src/lib/clock.ts', except: clock },
  {
    pattern: /\bprocess(\?\.|\.|\[['"])env\b/,
    reason: 'settings are parameters; the environment is read in src/main.ts',
    except: environment,
  },
  { pattern: /\bglobalThis\.(process|console|Date)\b/, reason: 'nothing ambient by a back door', except: /^$/ },
  { pattern: /\.(only|skip|todo)\(/, reason: 'every test runs', except: /^(?!.*\.test\.ts$)/ },
  {
    pattern: /\bsetTimeout\(\s*(?:resolve|r|done)\b/,
    reason: 'tests await a state, they do not sleep',
    except: /^(?!.*\.test\.ts$)/,
  },
];

/** What is wrong with the file, one `path:line: reason` each. Comments are not looked at. */
export function findSourceProblems(path: string, source: string): string[] {
  const problems = nameProblems(path).map((reason) => `${path}: ${reason}`);
  if (self.test(path)) return problems;
  const lines = withoutComments(source).split('\n');
  for (const { pattern, reason, except } of patterns) {
    if (except.test(path)) continue;
    lines.forEach((line, index) => {
      if (pattern.test(line)) problems.push(`${path}:${index + 1}: ${reason}`);
    });
  }
  return problems;
}

function nameProblems(path: string): string[] {
  const segments = path.split('/');
  const problems: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const name = index === segments.length - 1 ? segment.replace(/(\.test|\.d)?\.(ts|mjs)$/, '') : segment;
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) problems.push(`${segment} is not kebab-case`);
    if (vagueNames.has(name)) problems.push(`${name} says nothing; name what is in it`);
  }
  return problems;
}

/** Blanks comments and keeps the lines; strings that look like comments lose their end, which no rule minds. */
function withoutComments(source: string): string {
  const blocks = source.replaceAll(/\/\*[^]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '));
  return blocks.replaceAll(/(^|\s)\/\/[^\n]*/g, '$1');
}
