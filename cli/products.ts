import { PRODUCTS, type Product } from '../src/engine/map/schema.ts';
import { UsageFault } from './faults.ts';

export const PRODUCTS_OPTION = `whose transactions it may redact: ${PRODUCTS.join(',')}; or all, or none`;

/**
 * Products from the command line.
 * @returns null for all there are
 * @throws UsageFault
 */
export function readProducts(text: string): Product[] | null {
  if (text === 'all') return null;
  if (text === 'none') return [];
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  return names.map((name) => {
    const product = PRODUCTS.find((one) => one === name);
    if (!product) throw new UsageFault(`--products is a list of ${PRODUCTS.join(', ')}; or all, or none`);
    return product;
  });
}
