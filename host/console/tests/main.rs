//! The console, asked as a browser asks it, over an archive and by a clock of the tests.

mod alerts;
mod contract;
mod operator;
mod pages;
mod requests;
mod rights_table;
mod sessions;
mod sign_in;
mod support;
mod users;
