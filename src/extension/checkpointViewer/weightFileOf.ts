import { l10n, Uri, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';

/** The file by which a checkpoint is opened in the viewer: a .gguf file itself, else the weights of its folder or their index. */
export async function weightFileOf(path: string): Promise<Uri> {
  const uri = Uri.file(path);
  if (/\.(gguf|safetensors|safetensors\.index\.json)$/i.test(path)) return uri;
  const names = (await workspace.fs.readDirectory(uri)).map(([name]) => name).sort();
  const first = (pattern: RegExp): string | undefined => names.find((name) => pattern.test(name));
  // As the engine looks for them.
  const name =
    first(/^model\.safetensors$/) ??
    first(/^model\.safetensors\.index\.json$/) ??
    first(/^adapter_model\.safetensors$/) ??
    first(/\.safetensors\.index\.json$/) ??
    first(/\.safetensors$/) ??
    first(/\.gguf$/i);
  if (name !== undefined) return Uri.joinPath(uri, name);
  throw new AlidadeError({
    code: 'not_found',
    message: l10n.t('{0} holds no weights that can be shown', path),
    hint: l10n.t('choose a folder with .safetensors files, or a .gguf file'),
  });
}
