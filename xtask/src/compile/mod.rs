//! Sources become a schema, or findings with a place: parse (protox's parser, files in
//! parallel), resolve names, interpret options, check.

mod problem;
