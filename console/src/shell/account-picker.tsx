import styles from './account-picker.module.css';
import { useAccounts } from './accounts.tsx';

/** Which account is worked on. With one account there is nothing to choose, and its name stands there. */
export function AccountPicker() {
  const { accounts, chosen, choose, loaded } = useAccounts();
  if (!loaded) return <span className={styles.blank} />;
  if (accounts.length === 0) return <span className={styles.one}>No account</span>;
  if (accounts.length === 1) return <span className={styles.one}>{chosen?.name}</span>;
  return (
    <label className={styles.picker}>
      <span className="visually-hidden">Account</span>
      <select value={chosen?.id ?? ''} onChange={(event) => choose(event.target.value || undefined)}>
        <option value="">All accounts</option>
        {accounts.map(({ id, name, parent_id, disabled }) => (
          <option key={id} value={id} disabled={disabled === true}>
            {`${parent_id ? '— ' : ''}${name}${disabled ? ' (disabled)' : ''}`}
          </option>
        ))}
      </select>
    </label>
  );
}
