// Roles in words: what, where, and narrowed to which departments.

import { useTranslation } from 'react-i18next';
import type { Role } from '../api/types';

export function RoleList({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation();
  if (roles.length === 0) return <p className="quiet">{t('roles.none')}</p>;
  return (
    <ul className="role-list">
      {roles.map((role) => (
        <li key={`${role.role}|${role.tenant ?? ''}|${role.departments.join('|')}`}>
          {t(`role.${role.role}`)}
          <span className="quiet">
            {' · '}
            {role.tenant ?? t('roles.allTenants')}
            {role.departments.length > 0 && ` · ${role.departments.join(', ')}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
