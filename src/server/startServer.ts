import type { JobContext } from '../core/jobContext';
import { HttpError } from './http/httpError';
import { HttpServer } from './http/httpServer';
import type { ModelService, RewardOptions } from './modelService';
import { chatCompletionsRoute } from './openai/chatCompletions';
import { completionsRoute } from './openai/completions';
import { Admission } from './queue/admission';
import { RewardBatcher } from './queue/rewardBatcher';
import { TurnQueue } from './queue/turnQueue';
import { getRewardRoute } from './rewards/getReward';
import { rewardsRoute } from './rewards/rewards';
import { defaultLimits } from './serverLimits';
import type { ServerLimits } from './serverLimits';
import { healthRoute, modelsRoute } from './statusRoutes';

export interface ServerParams {
  readonly service: ModelService;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly token: string;
  /** Names under which the server answers besides addresses, localhost and `host`. */
  readonly allowedHosts?: readonly string[] | undefined;
  readonly rewardOptions?: RewardOptions | undefined;
  readonly limits?: Partial<ServerLimits> | undefined;
}

export interface RunningServer {
  readonly url: string;
  /** Requests that have not been answered, and the bytes of their bodies. */
  readonly load: { readonly requests: number; readonly bytes: number };
  /** Takes no more requests, refuses those that wait, gives those at work some time, and then stops them. */
  stop(): Promise<void>;
}

/** How long what was answered at the end of a stop may take to leave, milliseconds. */
const leaveTime = 1000;

/** @throws AlidadeError `exists`, `permission`, `not_found`: nothing can listen there. */
export async function startServer(params: ServerParams, { logger }: JobContext): Promise<RunningServer> {
  const { service, host, port, token, allowedHosts = [], rewardOptions = {} } = params;
  const limits = { ...defaultLimits, ...params.limits };
  const admission = new Admission(limits, () => performance.now());
  const turns = new TurnQueue();
  const batcher = new RewardBatcher(service);
  const now = (): number => Math.floor(Date.now() / 1000);
  const generation = { service, turns, now };
  const rewards = { service, batcher, options: rewardOptions };
  const http = new HttpServer({
    routes: [
      healthRoute,
      modelsRoute(service.model, now()),
      chatCompletionsRoute(generation),
      completionsRoute(generation),
      rewardsRoute(rewards),
      getRewardRoute(rewards),
    ],
    token,
    hosts: [host, ...allowedHosts].map((name) => name.toLowerCase()),
    limits,
    admission,
    logger,
  });
  const openPort = await http.listen({ host, port });
  return {
    url: `http://${urlHost(host)}:${openPort}`,
    get load() {
      return { requests: admission.requests, bytes: admission.bytes };
    },
    stop: async () => {
      http.refuseNew();
      const refusal = new HttpError({ status: 503, code: 'stopping', message: 'the server is stopping' });
      turns.refuseWaiting(refusal);
      batcher.refuseWaiting(refusal);
      if (!(await http.drain(limits.stopTime))) {
        http.abortAll();
        await http.drain(leaveTime);
      }
      http.closeConnections();
    },
  };
}

/** An address that a program on this machine can use. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
