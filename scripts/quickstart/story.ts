import type { CommandIo } from '../../src/cli/command-io.ts';
import { formatDuration } from '../../src/cli/render/format-duration.ts';
import { createRenderer } from '../../src/cli/render/renderer.ts';
import type { ShownProgress } from '../../src/cli/render/renderer.ts';
import type { Clock } from '../../src/lib/clock.ts';

/** Tells what happens: numbered steps, indented lines, a progress bar on a terminal. */
export interface Story {
  step(title: string): void;
  say(text: string): void;
  progress(progress: ShownProgress): void;
  progressEnd(): void;
  /** Seconds since the story began. */
  elapsed(): number;
}

/** A story told on stdout. */
export function createStory(stdout: CommandIo['stdout'], env: CommandIo['env'], clock: Clock): Story {
  const begun = clock.now().getTime();
  const elapsed = (): number => (clock.now().getTime() - begun) / 1000;
  const renderer = createRenderer({ stdout, stderr: stdout, env, clock }, false);
  let number = 0;
  const say = (text: string): void => renderer.note(text.replace(/^(?=.)/gm, '   '));
  return {
    step(title) {
      number++;
      renderer.note(`${number === 1 ? '' : '\n'}${number}. ${title}  [${formatDuration(elapsed())}]`);
    },
    say,
    progress: (progress) => renderer.progress(progress),
    progressEnd: () => renderer.progressEnd(),
    elapsed,
  };
}
