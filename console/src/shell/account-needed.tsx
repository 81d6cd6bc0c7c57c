import { Button } from '../base/button.tsx';
import { Empty } from '../base/notice.tsx';
import { useAccounts } from './accounts.tsx';

/** For views that work on one account when none is chosen. */
export function AccountNeeded() {
  const { accounts, choose, loaded } = useAccounts();
  if (!loaded) return null;
  if (accounts.length === 0)
    return <Empty title="You may see no account yet">Ask an administrator to give your sign-in an account.</Empty>;
  return (
    <Empty
      title="Choose an account"
      actions={accounts.slice(0, 12).map(({ id, name }) => (
        <Button key={id} onClick={() => choose(id)}>
          {name}
        </Button>
      ))}
    >
      This works on one account at a time.
    </Empty>
  );
}
