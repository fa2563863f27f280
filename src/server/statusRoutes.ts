import type { Route } from './http/route';
import type { ServedModel } from './modelService';

/** GET /health, for whoever waits for the server: no token, no information. */
export const healthRoute: Route = {
  method: 'GET',
  path: '/health',
  isPublic: true,
  run: () => Promise.resolve({ status: 'ok' }),
};

/**
 * GET /v1/models of OpenAI's API; `alidade` says what the model can do here.
 * @param created seconds since 1970.
 */
export function modelsRoute({ name, contextLength, rewards, noCompletions }: ServedModel, created: number): Route {
  const entry = {
    id: name,
    object: 'model',
    created,
    owned_by: 'alidade',
    alidade: {
      contextLength,
      completions: noCompletions === null,
      rewards: rewards === null ? null : describe(rewards),
    },
  };
  return {
    method: 'GET',
    path: '/v1/models',
    run: () => Promise.resolve({ object: 'list', data: [entry] }),
  };
}

/** Without the path: where the files lie is nobody's business. */
function describe({ path: _path, ...description }: NonNullable<ServedModel['rewards']>): unknown {
  return description;
}
