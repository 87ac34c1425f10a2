// Lists come in pages; a loop over `all(...)` reads the next page when it gets there.
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** Every item of a list. `load` gets `{}` for the first page, then the cursor, and must keep the filters the same. */
export async function* all<Item>(load: (page: { cursor?: string }) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let page = await load({});
  yield* page.items;
  while (page.next_cursor !== null) {
    page = await load({ cursor: page.next_cursor });
    yield* page.items;
  }
}
