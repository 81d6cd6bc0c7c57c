import styles from './icon.module.css';

/** Drawn on 16 by 16, in strokes of 1.5. */
const SHAPES = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.700 10.700 14 14',
  list: 'M2.500 4h11M2.500 8h11M2.500 12h7',
  eraser:
    'M6 13.500h7.500M3 10l6.500-6.500a1.400 1.400 0 0 1 2 0l1.500 1.500a1.400 1.400 0 0 1 0 2L7 13H5.500L3 10.500Z',
  flag: 'M3.500 14.500V2M3.500 2.500h8.500l-2 3 2 3H3.500',
  folder: 'M2 4.500v8h12v-7H8l-1.500-2H2Z',
  shield: 'M8 1.800 13 3.500v4c0 3.200-2 5.600-5 6.800-3-1.200-5-3.600-5-6.800v-4Z',
  scroll: 'M4 2h8v12H4ZM6.500 5.500h3M6.500 8h3M6.500 10.500h2',
  chart: 'M2.500 13.500h11M4.500 11V8M8 11V3.500M11.500 11V6',
  book: 'M3 3.500c2-1 3.500-.5 5 .7 1.500-1.200 3-1.700 5-.7v9c-2-1-3.500-.5-5 .7-1.500-1.200-3-1.700-5-.7ZM8 4.200v9',
  seal: 'M8 9.500a3.700 3.700 0 1 0 0-7.500 3.700 3.700 0 0 0 0 7.500ZM6 9.200 5 14l3-1.500L11 14l-1-4.800',
  pulse: 'M1.500 8H5l1.700-4.500L9.500 12.500 11 8h3.500',
  key: 'M5.500 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM7.600 7.900 13.500 2M11 4.500l2 2',
  people:
    'M6 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 6 8ZM1.500 13.500c.3-2.300 2-3.700 4.500-3.700s4.200 1.400 4.500 3.700M11 8.300c2 .2 3.200 1.600 3.500 3.700M10.500 3a2.400 2.400 0 0 1 0 4.600',
  menu: 'M2 4.500h12M2 8h12M2 11.500h12',
  close: 'M3.500 3.500l9 9M12.500 3.500l-9 9',
  check: 'M3 8.500 6.500 12 13 4.500',
  circleCheck: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.300 8.200l2 2 3.500-4',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.800V8l2.200 1.600',
  warning: 'M8 2 14.500 13.500h-13ZM8 6.500v3M8 11.400v.2',
  half: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12',
  lens: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 10.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600Z',
  stop: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM3.800 3.800l8.400 8.400',
  question:
    'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.200 6.300a1.900 1.900 0 1 1 2.600 1.800c-.6.2-.8.6-.8 1.200M8 11.300v.2',
  pause: 'M5.500 3v10M10.500 3v10',
  download: 'M8 2v8M4.800 7.200 8 10.400l3.200-3.200M2.500 13.500h11',
  print: 'M4.500 6V2h7v4M4.500 11.500H2.500V6h11v5.500h-2M4.500 9.500h7v4.500h-7Z',
  copy: 'M5.500 5.500h8v8h-8ZM10.500 5.500v-3h-8v8h3',
  right: 'M6 3l5 5-5 5',
  down: 'M3 6l5 5 5-5',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  phone:
    'M3 2.500h2.500l1.200 3-1.500 1.200c.8 1.700 2.400 3.300 4.100 4.100l1.200-1.500 3 1.200V13c0 .6-.5 1-1 1C7 14 2 9 2 3.500c0-.5.400-1 1-1Z',
  text: 'M2 3h12v8H7l-3 2.500V11H2Z',
  chat: 'M2 2.500h9v6H6L3.500 10.500v-2H2ZM13 6h1.500v6H13v2l-2.500-2H7',
  form: 'M3 2h10v12H3ZM5.500 5.500h5M5.500 8.500h5M5.500 11.500h2',
} as const;
export type IconName = keyof typeof SHAPES;

/** A drawing beside a word that says the same; never the only sign. */
export function Icon({ name, className }: { name: IconName; className?: string | undefined }) {
  return (
    <svg className={`${styles.icon} ${className ?? ''}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}

/** Three lines of a river, fading: the name's. */
export function Mark() {
  return (
    <svg className={styles.mark} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M3 7c3-2.500 6 2.500 9 0s6-2.500 9 0" />
      <path d="M3 12.500c3-2.500 6 2.500 9 0s6-2.500 9 0" opacity="0.65" />
      <path d="M3 18c3-2.500 6 2.500 9 0s6-2.500 9 0" opacity="0.3" />
    </svg>
  );
}
