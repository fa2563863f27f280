import { t } from './localise';

/** Texts that more than one page shows. */
export const sharedStrings = {
  notAJudge: t('Not a judge of quality'),
  notAJudgeHint: t(
    'These are narrow meters on a small model. Each measures the one thing that it names; together they do not say which response is better.',
  ),
  modelHint: (path: string, architecture: string) => `${path}\n${architecture}`,
  deviceHint: (reason: string, mode: 'mapped' | 'prepacked' | 'live', loss: number) =>
    [
      reason,
      {
        mapped: t('Weights are read from the file as they are needed'),
        prepacked: t('Weights are repacked in memory for speed'),
        live: t('Weights are merged in memory'),
      }[mode],
      ...(loss === 0
        ? []
        : [
            t(
              'Error of the weights in this number format, relative to their size (root mean square): {0}',
              String(loss),
            ),
          ]),
    ].join('\n'),
  hashHint: (hash: string) => t('Hash of the configuration and the head: {0}', hash),

  percent: (share: string) => t('{0} %', share),
  amount: (done: string, total: string) => t('{0} of {1}', done, total),
  timeLeft: (time: string) => t('{0} left', time),

  showTable: t('Show as table'),
  copyTable: t('Copy table'),
  copied: t('Copied'),
  saved: (file: string) => t('Saved as {0}', file),
  failed: (message: string) => t('That did not work: {0}', message),
} as const;
