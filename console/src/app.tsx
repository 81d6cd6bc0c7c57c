import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense } from 'react';
import { Route, Router, Switch } from 'wouter';
import { ApiError } from './api/client.ts';
import type { Scope } from './api/types.ts';
import { ButtonLink } from './base/button.tsx';
import { Problem, Waiting } from './base/notice.tsx';
import { Page } from './base/page.tsx';
import { Toasts } from './base/toast.tsx';
import { AccountsProvider } from './shell/accounts.tsx';
import { CarriedProvider } from './shell/carried.tsx';
import { SessionProvider, useMay, useSession } from './shell/session.tsx';
import { Shell } from './shell/shell.tsx';
import { SignInPage } from './shell/sign-in.tsx';
import { SignInAgain } from './shell/sign-in-again.tsx';
import { FindView } from './views/find/find.tsx';
import { ForgetView } from './views/forget/forget.tsx';
import { RequestView } from './views/request/request.tsx';
import { RequestsView } from './views/requests/requests.tsx';

const ForgetFileView = lazy(() => import('./views/forget/forget-file.tsx'));
const InteractionsView = lazy(() => import('./views/interactions/interactions.tsx'));
const RedactionSettingsView = lazy(() => import('./views/interactions/redaction-settings.tsx'));
const AccessView = lazy(() => import('./views/access/access.tsx'));
const SuppressionsView = lazy(() => import('./views/suppressions/suppressions.tsx'));
const AuditView = lazy(() => import('./views/officer/audit.tsx'));
const FiguresView = lazy(() => import('./views/officer/figures.tsx'));
const ProcessingRecordsView = lazy(() => import('./views/officer/processing-records.tsx'));
const ReceiptsView = lazy(() => import('./views/officer/receipts.tsx'));
const SystemView = lazy(() => import('./views/system/system.tsx'));
const KeysView = lazy(() => import('./views/system/keys.tsx'));
const PeopleView = lazy(() => import('./views/system/people.tsx'));

/** The console. Answers are kept in memory only, and gone with the page. */
const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => error instanceof ApiError && (error.status === 0 || error.status >= 500) && count < 2,
    },
  },
});

export function App() {
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={cache}>
        <SessionProvider>
          <Router base="/console">
            <Gate />
          </Router>
        </SessionProvider>
      </QueryClientProvider>
    </CSPProvider>
  );
}

function Gate() {
  const { session, person, error, expired } = useSession();
  if (session === undefined && error)
    return (
      <main className="gate">
        <Problem error={error} again={() => location.reload()} />
      </main>
    );
  if (session === undefined) return null;
  if (session === null && !expired) return <SignInPage />;
  return (
    // Of somebody else's views nothing stays, not even what was typed.
    <Toasts key={person}>
      <AccountsProvider>
        <CarriedProvider>
          <Shell>
            <Suspense fallback={<Waiting lines={6} />}>
              <Views />
            </Suspense>
          </Shell>
          <SignInAgain />
        </CarriedProvider>
      </AccountsProvider>
    </Toasts>
  );
}

function Views() {
  return (
    <Switch>
      <Route path="/">{within('look', <FindView />)}</Route>
      <Route path="/requests">{within('look', <RequestsView />)}</Route>
      <Route path="/requests/:reference">
        {({ reference }) => within('look', <RequestView key={reference} reference={reference} />)}
      </Route>
      <Route path="/forget">{within('forget', <ForgetView />)}</Route>
      <Route path="/forget/file">{within('forget', <ForgetFileView />)}</Route>
      <Route path="/interactions">{within('access', <InteractionsView />)}</Route>
      <Route path="/interactions/settings">{within('look', <RedactionSettingsView />)}</Route>
      <Route path="/access">{within('access', <AccessView />)}</Route>
      <Route path="/suppressions">{within('look', <SuppressionsView />)}</Route>
      <Route path="/audit">{within('audit', <AuditView />)}</Route>
      <Route path="/figures">{within('audit', <FiguresView />)}</Route>
      <Route path="/records">{within('audit', <ProcessingRecordsView />)}</Route>
      <Route path="/receipts">{within('look', <ReceiptsView />)}</Route>
      <Route path="/system">{within('platform', <SystemView />)}</Route>
      <Route path="/keys">{within('settings', <KeysView />)}</Route>
      <Route path="/people">{within('people', <PeopleView />)}</Route>
      <Route>
        <Nowhere />
      </Route>
    </Switch>
  );
}

const within = (scope: Scope, view: ReactNode): ReactNode => <Allowed scope={scope}>{view}</Allowed>;

/** A view that the role may not see is not there, by its address either. */
function Allowed({ scope, children }: { scope: Scope; children: ReactNode }) {
  const may = useMay();
  return may(scope) ? children : <Nowhere />;
}

function Nowhere() {
  return (
    <Page title="Nothing here" lede="There is no such view, or your role does not have it.">
      <div>
        <ButtonLink href="/">Back to Find</ButtonLink>
      </div>
    </Page>
  );
}
