// The API's own types by short names. All of them come from api/openapi.json.

import type { components } from './generated';

type Schemas = components['schemas'];

export type Me = Schemas['Me'];
export type Right = Schemas['Right'];
export type Role = Schemas['Role'];
export type RoleName = Schemas['RoleName'];
export type Session = Schemas['Session'];
export type View = Schemas['View'];
export type Sort = Schemas['Sort'];
export type Severity = Schemas['Severity'];
export type Decision = Schemas['Decision'];
export type AlertRow = Schemas['AlertRow'];
export type AlertList = Schemas['AlertList'];
export type Counts = Schemas['Counts'];
export type Alert = Schemas['Alert'];
export type Finding = Schemas['Finding'];
export type Near = Schemas['Near'];
export type Message = Schemas['Message'];
export type Review = Schemas['Review'];
export type Span = Schemas['Span'];
export type Filter = Schemas['Filter'];
export type Bulk = Schemas['Bulk'];
export type BulkAct = Schemas['BulkAct'];
export type Overview = Schemas['Overview'];
export type Asked = Schemas['Request'];
export type AskedView = Schemas['RequestView'];
export type User = Schemas['User'];
