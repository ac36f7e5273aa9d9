// Who did something, as people read it: of a user of the console the name alone, of anything else all that the log says.

const PERSON = 'person:';

export const whoOf = (principal: string) => (principal.startsWith(PERSON) ? principal.slice(PERSON.length) : principal);
