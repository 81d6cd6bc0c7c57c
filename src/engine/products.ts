import type { Filter } from './filter.ts';
import { valueAt } from './map/paths.ts';
import { type CollectionMap, PRODUCTS, type Product } from './map/schema.ts';
import { conditionOf, isOneOf } from './owner.ts';

type Sold = Pick<CollectionMap, 'products'>;

/** The products an entry is about. */
export function productsOf({ products }: Sold): readonly Product[] {
  if (products === undefined) return [];
  return 'path' in products ? PRODUCTS.filter((one) => products.values[one] !== undefined) : products;
}

/** Records of this product; null when the entry has none. */
export function productFilter({ products }: Sold, product: Product): Filter | null {
  if (products === undefined) return null;
  if (!('path' in products)) return products.includes(product) ? {} : null;
  const values = products.values[product];
  return values === undefined ? null : ({ [products.path]: conditionOf(values) } as Filter);
}

/** The product a record belongs to: the entry's first where no field tells it; null when a field tells none. */
export function productOf({ products }: Sold, record: unknown): Product | null {
  if (products === undefined) return null;
  if (!('path' in products)) return products[0] ?? null;
  const value = valueAt(record, products.path);
  return PRODUCTS.find((one) => isOneOf(products.values[one] ?? [], value)) ?? null;
}
