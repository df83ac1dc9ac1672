/** CSV documents in portions, each with the line that names the columns. */

export interface Portion {
  text: string;
  /** How many rows come before it in the document. */
  before: number;
  rows: number;
}

/** The records of a document (RFC 4180), as they stand there; quoted cells may have line breaks. */
export function recordsOf(document: string): string[] {
  const records: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at <= document.length; at++) {
    const sign = document[at];
    if (sign === '"') quoted = !quoted;
    if (at === document.length || (sign === "\n" && !quoted)) {
      const record = document.slice(start, at).replace(/\r$/, "");
      if (record.trim()) records.push(record);
      start = at + 1;
    }
  }
  return records;
}

/** Portions of `most` rows. */
export function portionsOf(document: string, most: number): Portion[] {
  const [head, ...rows] = recordsOf(document);
  const portions: Portion[] = [];
  for (let before = 0; before < rows.length; before += most) {
    const part = rows.slice(before, before + most);
    portions.push({ text: [head, ...part, ""].join("\n"), before, rows: part.length });
  }
  return portions;
}
