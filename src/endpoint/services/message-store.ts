/** Messages that are kept for others, in memory only, and which of them go when there are too many. telehash v3, channels/box.md. */

/** A message that is kept. */
export interface Message {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Whose it is, and the ID of its box. */
  readonly recipient: string;
  readonly box: string;
  /** How many were kept before it. */
  readonly order: number;
  /** When it is of no use any more, in seconds. */
  readonly until: number;
}

/** What is kept for one recipient: messages by box, the oldest first, and their bytes. */
interface Shelf {
  boxes: Map<string, Message[]>;
  bytes: number;
}

/** What a message counts as at least, in bytes. */
const LEAST = 64;

/** A sender's last message is kept, as far as it can be, where it is shorter. box.md, Sending */
const SHORT = 1024;

const cost = ({ bytes }: Message): number => Math.max(LEAST, bytes.length);

export class MessageStore {
  /** Bytes of all messages; a short one counts as 64. */
  bytes = 0;
  private _quota: number;
  private _room: number;
  private _shelves = new Map<string, Shelf>();
  private _order = 0;
  // messages that are the last of their box and short; and others, which go first. Those that came first come first.
  private _last = new Set<Message>();
  private _other = new Set<Message>();

  /** @param quota for one recipient, @param room for all, in bytes */
  constructor(quota: number, room: number) {
    this._quota = Math.min(quota, room);
    this._room = room;
  }

  /** The bytes that one recipient may have at most. */
  get quota(): number {
    return this._quota;
  }

  /** IDs of the boxes of a recipient, each with a message at least. */
  boxes(recipient: string): string[] {
    return [...(this._shelves.get(recipient)?.boxes.keys() ?? [])];
  }

  /** What is in a box, the oldest first. */
  messages(recipient: string, box: string): readonly Message[] {
    return this._shelves.get(recipient)?.boxes.get(box) ?? [];
  }

  /** Keeps a message, where there is room; older ones may have to go. One that is there already stays as it is. */
  put(given: Omit<Message, "order">): void {
    const { recipient, box, id } = given;
    const message: Message = { ...given, order: this._order++ };
    if (cost(message) > this._quota || this.messages(recipient, box).some((one) => one.id === id)) return;
    const shelf = this._shelves.get(recipient) ?? { boxes: new Map<string, Message[]>(), bytes: 0 };
    const messages = shelf.boxes.get(box) ?? [];
    const before = messages.at(-1);
    if (before && this._last.delete(before)) this._other.add(before);
    (message.bytes.length < SHORT ? this._last : this._other).add(message);
    this._shelves.set(recipient, shelf);
    shelf.boxes.set(box, [...messages, message]);
    shelf.bytes += cost(message);
    this.bytes += cost(message);
    while (shelf.bytes > this._quota) this._drop([...shelf.boxes.values()].flat());
    while (this.bytes > this._room) this._drop((this._other.size ? this._other : this._last).values().next().value!);
  }

  // The oldest that is not its box's last and short; the oldest of all where there is none.
  private _drop(given: Message | Message[]): void {
    const oldest = [given].flat().reduce((one, other) => {
      const first = Number(this._other.has(other)) - Number(this._other.has(one)) || one.order - other.order;
      return first > 0 ? other : one;
    });
    this.remove(oldest.recipient, oldest.box, (message) => message === oldest);
  }

  /** Removes messages of a box. */
  remove(recipient: string, box: string, which: (message: Message) => boolean): void {
    const shelf = this._shelves.get(recipient);
    const messages = shelf?.boxes.get(box);
    if (!messages) return;
    const rest = messages.filter((message) => {
      if (!which(message)) return true;
      shelf!.bytes -= cost(message);
      this.bytes -= cost(message);
      this._last.delete(message);
      this._other.delete(message);
      return false;
    });
    shelf!.boxes.set(box, rest);
    const last = rest.at(-1);
    if (!last) shelf!.boxes.delete(box);
    else if (last.bytes.length < SHORT && this._other.delete(last)) this._last.add(last);
    if (!shelf!.boxes.size) this._shelves.delete(recipient);
  }

  /** Removes what is of no use to a recipient any more, at a time in seconds. */
  expire(recipient: string, now: number): void {
    for (const box of this.boxes(recipient)) this.remove(recipient, box, ({ until }) => until <= now);
  }
}
