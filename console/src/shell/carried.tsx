import { createContext, type ReactNode, useContext, useRef } from 'react';

interface Carried {
  put(number: string): void;
  take(): string;
}

const CarriedContext = createContext<Carried | null>(null);

/**
 * A number on its way from one view to the next. It is kept in memory for that step alone: an address, the history and
 * the browser's storage outlive the page.
 */
export function CarriedProvider({ children }: { children: ReactNode }) {
  const held = useRef('');
  const carried = useRef<Carried>({
    put(number) {
      held.current = number;
    },
    take() {
      const number = held.current;
      held.current = '';
      return number;
    },
  });
  return <CarriedContext value={carried.current}>{children}</CarriedContext>;
}

export function useCarried(): Carried {
  const carried = useContext(CarriedContext);
  if (!carried) throw new Error('outside of a CarriedProvider');
  return carried;
}
