//! Cron line, zone and a given time → due editions and their windows.
