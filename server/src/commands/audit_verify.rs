//! `roundtable audit verify`: verifies the audit logs without changing anything, also next to a
//! running server.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use clap::Args;
use domain::OrganizationId;
use engine::audit::{ChainReport, HeadsReport};
use engine::keyring::{self, Ring};
use engine::{Db, audit};
use serde::Serialize;

use super::{CliError, accept, database_to_read, print_line};
use crate::config::Options;

#[derive(Args, Debug)]
pub(super) struct AuditVerifyArguments {
    /// Verify only the log of this organization
    #[arg(long)]
    organization: Option<String>,
    /// Also check that the log has every event that this file of heads names
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

/// The report as JSON.
#[derive(Serialize)]
struct AuditReport {
    sound: bool,
    organizations: Vec<ChainLine>,
    heads: Option<HeadsLine>,
}

#[derive(Serialize)]
struct ChainLine {
    organization_id: String,
    removed: i64,
    verified: i64,
    hash: String,
    broken_at: Option<i64>,
    accepted: Vec<GapLine>,
}

#[derive(Serialize)]
struct GapLine {
    from: i64,
    accepted_at: i64,
}

#[derive(Serialize)]
struct HeadsLine {
    on_chain: u64,
    removed: u64,
    accepted: u64,
    faults: u64,
    first_faults: Vec<HeadFaultLine>,
}

#[derive(Serialize)]
struct HeadFaultLine {
    line: u64,
    why: String,
}

pub(super) async fn run(
    options: &Options,
    arguments: &AuditVerifyArguments,
) -> Result<(), CliError> {
    let only = accept::organization(arguments.organization.as_deref())?;
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;
    let db = database_to_read(options).await?;
    let ring = keyring::open(&db, &key, previous.as_ref()).await?;

    let chains = chains(&db, &ring, only.as_ref(), arguments.json).await?;
    let heads = match &arguments.heads {
        Some(path) => Some(heads(&db, &ring, only.as_ref(), path).await?),
        None => None,
    };
    db.close().await;
    let faults = heads.as_ref().map_or(0, |heads| heads.faults);
    let broken = chains
        .iter()
        .filter(|chain| !chain.is_sound())
        .count();
    let sound = broken == 0 && faults == 0;
    if arguments.json {
        print_json(sound, &chains, heads.as_ref())?;
    } else if let (Some(heads), Some(path)) = (&heads, &arguments.heads) {
        print_heads(heads, path);
    }
    match (broken, faults) {
        (0, 0) => Ok(()),
        (0, _) => Err(CliError::Other(format!(
            "{faults} lines of the heads do not match the audit logs"
        ))),
        (1, _) => Err(CliError::Other("1 audit log was altered".into())),
        _ => Err(CliError::Other(format!(
            "{broken} audit logs were altered"
        ))),
    }
}

/// Prints the public keys that verify heads.
pub(super) async fn head_keys(options: &Options) -> Result<(), CliError> {
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;
    let db = database_to_read(options).await?;
    let ring = keyring::open(&db, &key, previous.as_ref()).await?;
    db.close().await;
    for key in audit::head_keys(&ring) {
        let state = if key.is_active { "active" } else { "retired" };
        print_line(&format!(
            "{:>4}  {state:<8}  {}",
            key.id, key.public_key
        ));
    }
    Ok(())
}

/// Verifies the chains one after the other, and prints each result unless the report is JSON.
async fn chains(
    db: &Db,
    ring: &Ring,
    only: Option<&OrganizationId>,
    is_json: bool,
) -> Result<Vec<ChainReport>, CliError> {
    let all = audit::organizations(db).await?;
    if let Some(only) = only
        && !all.contains(only)
    {
        return Err(CliError::Usage(format!(
            "there is no organization {only}"
        )));
    }
    let mut reports = Vec::new();
    for organization in all
        .iter()
        .filter(|organization| only.is_none_or(|only| only == *organization))
    {
        let report = audit::verify_chain(db, Some(ring), organization).await?;
        if !is_json {
            print_chain(&report);
        }
        reports.push(report);
    }
    Ok(reports)
}

async fn heads(
    db: &Db,
    ring: &Ring,
    only: Option<&OrganizationId>,
    path: &Path,
) -> Result<HeadsReport, CliError> {
    let file = File::open(path)
        .map_err(|error| CliError::Usage(format!("cannot read {}: {error}", path.display())))?;
    Ok(audit::verify_heads(db, ring, only, BufReader::new(file)).await?)
}

fn print_chain(report: &ChainReport) {
    let organization = &report.organization;
    if report.removed > 0 {
        print_line(&format!(
            "{organization}: the events up to {} were removed because of their age.",
            report.removed
        ));
    }
    for gap in &report.accepted {
        print_line(&format!(
            "{organization}: event {} did not verify; event {} accepts that.",
            gap.from, gap.accepted_at
        ));
    }
    print_line(&match report.broken_at {
        Some(n) => format!("{organization}: event {n} was altered, removed or added."),
        None if report.accepted.is_empty() => {
            format!(
                "{organization}: verified up to event {}.",
                report.verified
            )
        }
        None => format!(
            "{organization}: verified up to event {}, without the events that were accepted.",
            report.verified
        ),
    });
}

fn print_heads(report: &HeadsReport, path: &Path) {
    let path = path.display();
    for fault in &report.first_faults {
        print_line(&format!(
            "{path}: line {}: {}.",
            fault.line, fault.why
        ));
    }
    if report.removed > 0 {
        print_line(&format!(
            "{path}: {} heads name events that were removed because of their age.",
            report.removed
        ));
    }
    if report.accepted > 0 {
        print_line(&format!(
            "{path}: {} heads name events that were lost; that was accepted.",
            report.accepted
        ));
    }
    print_line(&format!(
        "{path}: {} heads are on their chain, {} lines are not.",
        report.on_chain, report.faults
    ));
}

fn print_json(
    sound: bool,
    chains: &[ChainReport],
    heads: Option<&HeadsReport>,
) -> Result<(), CliError> {
    let report = AuditReport {
        sound,
        organizations: chains.iter().map(chain_line).collect(),
        heads: heads.map(heads_line),
    };
    let text = serde_json::to_string_pretty(&report)
        .map_err(|error| CliError::Other(error.to_string()))?;
    print_line(&text);
    Ok(())
}

fn chain_line(report: &ChainReport) -> ChainLine {
    let gap = |gap: &audit::AcceptedBreak| GapLine {
        from: gap.from,
        accepted_at: gap.accepted_at,
    };
    ChainLine {
        organization_id: report.organization.to_string(),
        removed: report.removed,
        verified: report.verified,
        hash: hex::encode(&report.hash),
        broken_at: report.broken_at,
        accepted: report.accepted.iter().map(gap).collect(),
    }
}

fn heads_line(report: &HeadsReport) -> HeadsLine {
    let fault = |fault: &audit::HeadFault| HeadFaultLine {
        line: fault.line,
        why: fault.why.clone(),
    };
    HeadsLine {
        on_chain: report.on_chain,
        removed: report.removed,
        accepted: report.accepted,
        faults: report.faults,
        first_faults: report.first_faults.iter().map(fault).collect(),
    }
}
