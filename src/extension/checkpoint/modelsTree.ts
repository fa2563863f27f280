import type { Command, TreeDataProvider } from 'vscode';
import { commands, EventEmitter, l10n, MarkdownString, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { ListCheckpointsResult, ListedCheckpoint } from '../../protocol/sidecar';
import type { ListedHead } from '../../protocol/sidecarTraining';
import { readSetting } from '../readSetting';
import { readHeadSetting } from '../reward/readScoreSettings';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import { headKindText } from '../training/headFiles';
import { describeBytes, describeCount } from '../../core/describeQuantity';

type Place = ListedCheckpoint['place'];

export class PlaceItem extends TreeItem {
  constructor(readonly place: Place) {
    super(placeLabel(place), TreeItemCollapsibleState.Expanded);
    this.id = `place:${place}`;
    this.contextValue = 'place';
  }
}

/** A checkpoint, with everything that its headers say in the tooltip. */
export class CheckpointItem extends TreeItem {
  constructor(
    readonly checkpoint: ListedCheckpoint,
    isChosen: boolean,
  ) {
    super(checkpoint.name, TreeItemCollapsibleState.None);
    const { path, head, problems, architecture, bytes, place } = checkpoint;
    this.id = `${place}:${path}`;
    const size = describeBytes(bytes);
    this.description = [isChosen ? l10n.t('in use') : null, architecture, size]
      .filter((part) => part !== null)
      .join(' · ');
    this.tooltip = tooltip(checkpoint);
    this.contextValue = isScorable(checkpoint) && !isChosen ? 'checkpoint scorable' : 'checkpoint';
    this.iconPath = new ThemeIcon(
      0 < problems.length ? 'warning' : isChosen ? 'check' : head === null ? 'circle-outline' : 'dashboard',
    );
    this.accessibilityInformation = { label: `${checkpoint.name}, ${this.description}` };
  }
}

class HeadsItem extends TreeItem {
  constructor() {
    super(l10n.t('Heads'), TreeItemCollapsibleState.Expanded);
    this.id = 'heads';
    this.contextValue = 'place';
  }
}

/** A head file: it sits on a model of its own. */
export class HeadItem extends TreeItem {
  constructor(
    readonly head: ListedHead,
    isInUse: boolean,
  ) {
    super(head.name, TreeItemCollapsibleState.None);
    const { path, body, bytes, objectives } = head;
    this.id = `head:${path}`;
    this.description = [isInUse ? l10n.t('in use') : null, headKindText(head), body.name]
      .filter((part) => part !== null)
      .join(' · ');
    const lines = [
      `**${escapeMarkdown(head.name)}**`,
      escapeMarkdown(l10n.t('Objectives: {0}', objectives.slice(0, 12).join(', '))),
      escapeMarkdown(l10n.t('Model: {0}', body.name)),
      escapeMarkdown(describeBytes(bytes)),
      escapeMarkdown(path),
    ];
    this.tooltip = new MarkdownString(lines.join('\n\n'));
    this.contextValue = isInUse ? 'head' : 'head headUnused';
    this.iconPath = new ThemeIcon(isInUse ? 'check' : 'symbol-event');
    this.command = { command: 'alidade.openHead', title: l10n.t('Open'), arguments: [{ head: { path } }] };
    this.accessibilityInformation = { label: `${head.name}, ${this.description}` };
  }
}

/** Stands in the Starter group until the starter is fetched. */
class StarterMissingItem extends TreeItem {
  constructor() {
    super(l10n.t('Fetch the starter model'), TreeItemCollapsibleState.None);
    this.id = 'starter:missing';
    this.description = l10n.t('about 100 MB');
    this.iconPath = new ThemeIcon('cloud-download');
    this.contextValue = 'starterMissing';
    const command: Command = { command: 'alidade.fetchStarter', title: l10n.t('Fetch the starter model') };
    this.command = command;
  }
}

/** A model that has a reward head and nothing wrong with it. */
export function isScorable({ head, problems }: ListedCheckpoint): boolean {
  return head !== null && problems.length === 0;
}

export class ModelsTree implements TreeDataProvider<TreeItem> {
  readonly #list: () => Promise<ListCheckpointsResult>;
  readonly #heads: () => Promise<readonly ListedHead[]>;
  readonly #changed = new EventEmitter<void>();
  #listed: Promise<ListCheckpointsResult> | null = null;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: () => Promise<ListCheckpointsResult>, heads: () => Promise<readonly ListedHead[]>) {
    this.#list = list;
    this.#heads = heads;
  }

  /** Looks again at the folders. */
  refresh(): void {
    this.#listed = null;
    this.#changed.fire();
  }

  /** Draws again what is known: another model is in use. */
  redraw(): void {
    this.#changed.fire();
  }

  /** The last listing, or a new one. */
  checkpoints(): Promise<ListCheckpointsResult> {
    if (this.#listed !== null) return this.#listed;
    const listed = this.#list();
    this.#listed = listed;
    listed.then(
      ({ starterPresent }) => {
        void commands.executeCommand('setContext', 'alidade.starterPresent', starterPresent);
        void commands.executeCommand('setContext', 'alidade.modelsListed', true);
      },
      () => {
        if (this.#listed === listed) this.#listed = null;
      },
    );
    return listed;
  }

  getTreeItem(item: TreeItem): TreeItem {
    return item;
  }

  async getChildren(item?: TreeItem): Promise<TreeItem[]> {
    // The checkpoints are shown without them where they cannot be listed.
    const heads = await this.#heads().catch(() => []);
    if (item instanceof HeadsItem) return heads.map((head) => new HeadItem(head, readHeadSetting() === head.path));
    const { checkpoints, starterPresent } = await this.checkpoints();
    if (item instanceof PlaceItem) {
      const chosen = readSetting('rewardModel');
      const inPlace = checkpoints.filter(({ place }) => place === item.place);
      const items = inPlace.map((checkpoint) => new CheckpointItem(checkpoint, isChosen(checkpoint, chosen)));
      return item.place === 'starter' && !starterPresent ? [new StarterMissingItem()] : items;
    }
    // Nothing at all: the welcome text says what to do.
    if (item !== undefined || (checkpoints.length === 0 && !starterPresent && heads.length === 0)) return [];
    const places: readonly Place[] = ['folder', 'hub', 'starter'];
    const used = places.filter((place) => place === 'starter' || checkpoints.some((found) => found.place === place));
    return [...used.map((place) => new PlaceItem(place)), ...(heads.length === 0 ? [] : [new HeadsItem()])];
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

export function isChosen({ reference, path }: ListedCheckpoint, chosen: string): boolean {
  return chosen === reference || chosen === path;
}

export function headText({ head }: ListedCheckpoint): string {
  switch (head?.kind) {
    case 'gated':
      return l10n.t('gate over {0} objectives', head.objectives.length);
    case 'classification':
      return head.objectives.length === 1 ? l10n.t('reward head') : l10n.t('{0} labels', head.objectives.length);
    case 'meters':
      return l10n.t('{0} meters', head.objectives.length);
    case undefined:
      return l10n.t('no reward head');
  }
}

function placeLabel(place: Place): string {
  switch (place) {
    case 'folder':
      return l10n.t('Workspace and folders');
    case 'hub':
      return l10n.t('Hub cache');
    case 'starter':
      return l10n.t('Starter');
  }
}

function tooltip(checkpoint: ListedCheckpoint): MarkdownString {
  const { name, path, architecture, parameters, dtype, bytes, license, head, problems } = checkpoint;
  const rows: readonly (readonly [string, string | null])[] = [
    [l10n.t('Architecture'), architecture],
    [l10n.t('Parameters'), parameters === null ? null : describeCount(parameters)],
    [l10n.t('Dtype'), dtype],
    [l10n.t('Size'), describeBytes(bytes)],
    [l10n.t('Head'), headText(checkpoint)],
    [
      l10n.t('Objectives'),
      head === null ? null : head.objectives.slice(0, 8).join(', ') + (8 < head.objectives.length ? ', …' : ''),
    ],
    [l10n.t('License'), license],
    [l10n.t('Path'), path],
  ];
  const lines = rows
    .filter(([, value]) => value !== null)
    .map(([label, value]) => `- ${label}: ${escapeMarkdown(value ?? '')}`);
  const wrong = problems.slice(0, 10).map((problem) => `- ${escapeMarkdown(problem)}`);
  const more = problems.length <= 10 ? [] : [`- ${l10n.t('and {0} more', problems.length - 10)}`];
  const problemLines = problems.length === 0 ? [] : ['', `**${l10n.t('Problems')}**`, '', ...wrong, ...more];
  return new MarkdownString([`**${escapeMarkdown(name)}**`, '', ...lines, ...problemLines].join('\n'));
}
