import { html, nothing, type TemplateResult } from 'lit';
import type { TrainingState } from '../../src/core/training/trainingReport';
import { checkIcon, circleFilledIcon, circleOutlineIcon, icon } from '../shared/icon';
import { strings } from './strings';

const pictures = { waiting: circleOutlineIcon, running: circleFilledIcon, done: checkIcon };

const classes = { waiting: 'todo', running: 'now', done: 'past' };

/** What is done and what is still to come. */
export function renderStages(stages: TrainingState['stages']): TemplateResult | typeof nothing {
  if (stages.length === 0) return nothing;
  return html`<ol class="stages" aria-label=${strings.stages}>
    ${stages.map(
      ({ kind, state }) =>
        html`<li
          class=${classes[state]}
          title=${strings.stageHints[kind]}
          aria-current=${state === 'running' ? 'step' : nothing}
        >
          ${icon(pictures[state])}<span>${strings.stageNames[kind]}</span
          ><span class="hidden">, ${strings.stageStates[state]}</span>
        </li>`,
    )}
  </ol>`;
}
