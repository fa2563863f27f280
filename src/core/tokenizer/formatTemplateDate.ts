const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** A moment as a calendar and a clock show it; core reads neither. */
export interface TemplateDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  /** From 0 to 23. */
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
}

/** Python's strftime in the C locale, for the directives that chat templates use; others stay as they are. */
export function formatTemplateDate(date: TemplateDate, format: string): string {
  const { year, hour = 0, minute = 0, second = 0 } = date;
  const dayName = days[weekday(date)] ?? '';
  const monthName = months[date.month - 1] ?? '';
  const parts: Readonly<Record<string, string>> = {
    Y: String(year),
    y: pad(year % 100),
    m: pad(date.month),
    d: pad(date.day),
    e: String(date.day).padStart(2),
    B: monthName,
    b: monthName.slice(0, 3),
    A: dayName,
    a: dayName.slice(0, 3),
    H: pad(hour),
    I: pad(hour % 12 === 0 ? 12 : hour % 12),
    M: pad(minute),
    S: pad(second),
    p: hour < 12 ? 'AM' : 'PM',
    '%': '%',
  };
  // "%-d" is glibc's form without padding.
  return format.replace(/%(-?)([A-Za-z%])/g, (directive, dash: string, letter: string) => {
    const part = parts[letter];
    if (part === undefined) return directive;
    return dash === '' ? part : part.replace(/^[0 ]+(?=.)/, '');
  });
}

/** Sakamoto's method for the Gregorian calendar: 0 is Sunday. */
function weekday({ year, month, day }: TemplateDate): number {
  const offset = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1] ?? 0;
  const y = month < 3 ? year - 1 : year;
  return (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + offset + day) % 7;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
