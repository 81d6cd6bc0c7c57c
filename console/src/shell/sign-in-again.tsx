import { Dialog as Base } from '@base-ui/react/dialog';
import dialog from '../base/dialog.module.css';
import { useSession } from './session.tsx';
import { SignInForm } from './sign-in.tsx';

/** The session ended: over the view, so that nothing that was written is lost. It closes only by signing in. */
export function SignInAgain() {
  const { expired, session } = useSession();
  return (
    <Base.Root open={expired} disablePointerDismissal>
      <Base.Portal>
        <Base.Backdrop className={dialog.backdrop} />
        <Base.Popup className={dialog.popup}>
          <Base.Title className={dialog.title}>Your session has ended</Base.Title>
          <Base.Description className={dialog.lede}>Sign in again. What you were at is still here.</Base.Description>
          <SignInForm email={session?.user.email} again />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
