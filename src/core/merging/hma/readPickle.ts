import { FormatError } from '../../formatError';

/** A Python value as it is pickled. Nothing is looked up or called: names and calls are data. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | readonly PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleName
  | PickleCall
  | PickleReference;

/** A class or function by its name, such as `torch._utils _rebuild_tensor_v2`. */
export class PickleName {
  constructor(readonly name: string) {}
}

/** What calling it with these arguments would have given. */
export class PickleCall {
  constructor(
    readonly callee: PickleValue,
    readonly args: PickleValue,
  ) {}
}

/** Something that lies outside the pickle. */
export class PickleReference {
  constructor(readonly id: PickleValue) {}
}

/** Bytes; of a learnt merge it has some tens of thousands. */
const longest = 4_000_000;

/**
 * Reads the part of the pickle protocols 0 to 4 that `torch.save` uses for dictionaries of tensors and numbers. Shared
 * objects stay the same object.
 * @throws FormatError for anything else.
 */
export function readPickle(bytes: Uint8Array, file: string): PickleValue {
  if (longest < bytes.length) throw new FormatError({ problem: `it has ${bytes.length} bytes`, file, offset: 0 });
  return new PickleMachine(bytes, file).run();
}

const mark = Symbol('mark');

type StackItem = PickleValue | typeof mark;

class PickleMachine {
  private readonly view: DataView;
  private readonly stack: StackItem[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): PickleValue {
    for (;;) {
      const code = this.byte();
      if (code === 0x2e) return this.pop();
      this.step(code);
    }
  }

  private step(code: number): void {
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        return void this.take(1);
      case '\x95': // FRAME
        return void this.take(8);
      case '(':
        return void this.stack.push(mark);
      case '0':
        return void this.stack.pop();
      case 'N':
        return this.push(null);
      case '\x88':
        return this.push(true);
      case '\x89':
        return this.push(false);
      case 'K':
        return this.push(this.byte());
      case 'M':
        return this.push(this.view.getUint16(this.take(2), true));
      case 'J':
        return this.push(this.view.getInt32(this.take(4), true));
      case '\x8a': // LONG1
        return this.push(this.long());
      case 'G':
        return this.push(this.view.getFloat64(this.take(8), false));
      case 'X':
        return this.push(this.text(this.view.getUint32(this.take(4), true)));
      case '\x8c': // SHORT_BINUNICODE
        return this.push(this.text(this.byte()));
      case 'c':
        return this.push(new PickleName(`${this.line()} ${this.line()}`));
      case '\x93': {
        const [name, module] = [this.pop(), this.pop()];
        if (typeof name !== 'string' || typeof module !== 'string') return this.fail('a name is no text');
        return this.push(new PickleName(`${module} ${name}`));
      }
      case '}':
        return this.push(new Map());
      case ']':
        return this.push([]);
      case ')':
        return this.push([]);
      case 't':
        return this.push(this.popToMark());
      case '\x85':
        return this.push(this.popSome(1));
      case '\x86':
        return this.push(this.popSome(2));
      case '\x87':
        return this.push(this.popSome(3));
      case 's':
        return this.setItems(this.popSome(2));
      case 'u':
        return this.setItems(this.popToMark());
      case 'R': {
        const [args, callee] = [this.pop(), this.pop()];
        return this.push(new PickleCall(callee, args));
      }
      case 'b': // BUILD: attributes of an object, such as hooks of a parameter
        return void this.pop();
      case 'Q':
        return this.push(new PickleReference(this.pop()));
      case 'q':
        return void this.memo.set(this.byte(), this.top());
      case 'r':
        return void this.memo.set(this.view.getUint32(this.take(4), true), this.top());
      case '\x94': // MEMOIZE
        return void this.memo.set(this.memo.size, this.top());
      case 'h':
        return this.recall(this.byte());
      case 'j':
        return this.recall(this.view.getUint32(this.take(4), true));
      default:
        return this.fail(`it has the operation 0x${code.toString(16)}, which dictionaries of tensors do not need`);
    }
  }

  private setItems(items: readonly PickleValue[]): void {
    const target = this.top();
    if (!(target instanceof Map) || items.length % 2 !== 0)
      return this.fail('entries are set where there is no dictionary');
    for (let index = 0; index < items.length; index += 2) target.set(items[index] ?? null, items[index + 1] ?? null);
  }

  private recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) return this.fail(`there is no value ${index} before this`);
    this.push(value);
  }

  private push(value: PickleValue): void {
    this.stack.push(value);
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    return value === undefined || value === mark ? this.fail('a value is missing') : value;
  }

  private pop(): PickleValue {
    const value = this.stack.pop();
    return value === undefined || value === mark ? this.fail('a value is missing') : value;
  }

  private popSome(count: number): readonly PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  private popToMark(): readonly PickleValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at === -1) return this.fail('the beginning of a group is missing');
    const [, ...items] = this.stack.splice(at);
    return items.filter((item) => item !== mark);
  }

  private long(): number {
    const length = this.byte();
    if (6 < length) return this.fail('a whole number is too large');
    const start = this.take(length);
    let value = 0;
    for (let index = length - 1; 0 <= index; index -= 1) value = value * 256 + this.bytes[start + index];
    return length !== 0 && 127 < this.bytes[start + length - 1] ? value - 256 ** length : value;
  }

  private text(length: number): string {
    const start = this.take(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end === -1) return this.fail('a name does not end');
    const line = this.text(end - this.at);
    this.at = end + 1;
    return line;
  }

  private byte(): number {
    return this.bytes[this.take(1)];
  }

  /** @returns where they begin. */
  private take(count: number): number {
    const start = this.at;
    if (this.bytes.length < start + count) return this.fail('it ends in the middle');
    this.at += count;
    return start;
  }

  private fail(problem: string): never {
    throw new FormatError({ problem, file: this.file, offset: this.at });
  }
}
