// Roles of a user, one a line: which, for which tenant, and for which departments.

import { Button, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Role, RoleName } from '../api/types';
import { Choice } from '../parts/choice';
import { Field } from '../parts/field';
import { departmentsOf, DRAFT, isForAll, mayBeForAll, mayHaveDepartments, ROLES, type RoleDraft } from './role-draft';

interface Props {
  readonly drafts: readonly RoleDraft[];
  readonly change: (drafts: readonly RoleDraft[]) => void;
}

function One({ draft, change, remove }: { draft: RoleDraft; change: (draft: RoleDraft) => void; remove: () => void }) {
  const { t } = useTranslation();
  return (
    <fieldset className="role-draft">
      <legend>{t(`role.${draft.role}`)}</legend>
      <Field label={t('roles.role')} hint={t(`role.${draft.role}.may`)}>
        {(ids) => (
          <Choice<RoleName>
            {...ids}
            value={draft.role}
            options={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
            onChoose={(role) => change({ ...draft, role })}
          />
        )}
      </Field>
      {!isForAll(draft.role) && (
        <Field label={t('roles.tenant')} hint={mayBeForAll(draft.role) ? t('roles.tenantHint') : undefined}>
          {(ids) => (
            <Input
              {...ids}
              required={!mayBeForAll(draft.role)}
              value={draft.tenant}
              onChange={(event) => change({ ...draft, tenant: event.target.value })}
            />
          )}
        </Field>
      )}
      {mayHaveDepartments(draft.role) && (
        <Field label={t('roles.departments')} hint={t('roles.departmentsHint')}>
          {(ids) => (
            <Input
              {...ids}
              value={draft.departments}
              onChange={(event) => change({ ...draft, departments: event.target.value })}
            />
          )}
        </Field>
      )}
      <Button size="small" onClick={remove}>
        {t('roles.remove')}
      </Button>
    </fieldset>
  );
}

export function RolesForm({ drafts, change }: Props) {
  const { t } = useTranslation();
  return (
    <>
      {drafts.map((draft, place) => (
        <One
          key={place}
          draft={draft}
          change={(changed) => change(drafts.map((one, at) => (at === place ? changed : one)))}
          remove={() => change(drafts.filter((_, at) => at !== place))}
        />
      ))}
      <Button onClick={() => change([...drafts, DRAFT])}>{t('roles.add')}</Button>
    </>
  );
}

export const rolesOf = (drafts: readonly RoleDraft[]): Role[] =>
  drafts.map((draft) => ({
    role: draft.role,
    tenant: isForAll(draft.role) || draft.tenant.trim() === '' ? null : draft.tenant.trim(),
    departments: mayHaveDepartments(draft.role) ? departmentsOf(draft.departments) : [],
  }));
