//! The contact index: what is searched by of a tenant's contacts, in columns.
