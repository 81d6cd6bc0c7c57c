import type { Stage } from '../stage.ts';
import type { DemoClient } from './client.ts';

/** What a scene is played with. */
export interface Props {
  readonly stage: Stage;
  readonly client: DemoClient;
  readonly print: (line: string) => void;
}

/** One contract, shown once. */
export interface Scene {
  readonly title: string;
  /** @throws DemoFailure when something is not as promised */
  play(props: Props): Promise<void>;
}
