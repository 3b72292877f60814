//! `demo`: three days of invented news through the real program, without an account or a network.

use jiff::SignedDuration;

use super::run::write_edition;
use super::{DemoArgs, Status, Terminal};
use crate::config::{Config, StoreUrl};
use crate::news::digest::Window;
use crate::service::gather::Bundled;
use crate::service::pipeline::{self, Order};
