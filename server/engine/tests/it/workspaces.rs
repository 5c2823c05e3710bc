//! Creating, listing and deleting workspaces.

use domain::command::DeleteWorkspace;
use domain::environment::Environment;
use domain::{Code, Role, WorkspaceId};

use crate::test_app::{NORTH, SOUTH, refusal};

both! {
    // D22
    a_new_workspace_is_running_and_has_the_requested_fields(app) {
        let made = app.workspace(&app.north("max").await, "Staging").await.expect("a workspace");
        assert!(made.id.as_str().starts_with("ws_"));
        assert_eq!((made.name.as_str(), made.status.as_str()), ("Staging", "running"));
        assert_eq!((made.provider.as_str(), made.model.as_str()), ("vertex_ai", "gemini-2.5-pro"));
        assert_eq!(app.engine.get_workspace(&app.north("mia").await, &made.id).await.expect("found"), made);
    }

    // RA-32
    a_workspace_of_another_organization_is_forbidden(app) {
        let made = app.workspace(&app.north("max").await, "Secret").await.expect("a workspace");
        let otto = app.south("otto").await;
        assert_eq!(refusal(app.engine.get_workspace(&otto, &made.id).await), Code::Forbidden);
        let delete = DeleteWorkspace { workspace: made.id.clone() };
        assert_eq!(refusal(app.engine.delete_workspace(&otto, &delete).await), Code::Forbidden);
        let key = app.key_of(&otto).await;
        let with_key = app.with_key(&key.plain).await;
        assert_eq!(refusal(app.engine.get_workspace(&with_key.ctx, &made.id).await), Code::Forbidden);
        app.engine.get_workspace(&app.north("max").await, &made.id).await.expect("it still exists");
    }

    // D9
    a_workspace_that_does_not_exist_is_not_found(app) {
        let nowhere: WorkspaceId = "ws_nowhere".parse().expect("an id");
        assert_eq!(refusal(app.engine.get_workspace(&app.north("max").await, &nowhere).await), Code::NotFound);
    }

    // KE-06
    a_list_contains_only_workspaces_of_the_organization(app) {
        app.workspace(&app.north("una").await, "North's").await.expect("a workspace");
        app.workspace(&app.south("una").await, "South's").await.expect("a workspace");
        for (organization, name) in [(NORTH, "North's"), (SOUTH, "South's")] {
            let key = app.key_of(&app.enter("una", organization).await.expect("una")).await;
            let admitted = app.with_key(&key.plain).await;
            let list = app.engine.list_workspaces(&admitted.ctx, None, 10).await.expect("a list");
            assert_eq!(list.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), [name]);
        }
    }

    // D22
    only_the_creator_and_admins_can_delete_a_workspace(app) {
        for (deleter, allowed) in [("max", true), ("ada", true), ("olga", true), ("mia", false)] {
            let made = app.workspace(&app.north("max").await, "Analytics").await.expect("a workspace");
            let command = DeleteWorkspace { workspace: made.id.clone() };
            let deleted = app.engine.delete_workspace(&app.north(deleter).await, &command).await;
            assert_eq!(deleted.is_ok(), allowed, "{deleter}");
            let found = app.engine.get_workspace(&app.north("max").await, &made.id).await;
            assert_eq!(found.is_ok(), !allowed, "{deleter}");
            if !allowed {
                assert_eq!(refusal(deleted), Code::Forbidden);
            }
        }
    }

    // D22
    deleting_a_deleted_workspace_is_not_found(app) {
        let max = app.north("max").await;
        let made = app.workspace(&max, "Analytics").await.expect("a workspace");
        let command = DeleteWorkspace { workspace: made.id };
        app.engine.delete_workspace(&max, &command).await.expect("deleted");
        assert_eq!(refusal(app.engine.delete_workspace(&max, &command).await), Code::NotFound);
    }

    // RK-37
    pages_of_workspaces_are_newest_first(app) {
        let max = app.north("max").await;
        for n in 0..7 {
            app.workspace(&max, &format!("number {n}")).await.expect("a workspace");
            app.workspace(&app.south("ben").await, "in between").await.expect("a workspace");
        }
        let (mut names, mut before) = (Vec::new(), None);
        loop {
            let page = app.engine.list_workspaces(&max, before, 3).await.expect("a page");
            names.extend(page.rows.into_iter().map(|row| row.name));
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(names, (0..7).rev().map(|n| format!("number {n}")).collect::<Vec<_>>());
    }

    // B20
    a_request_of_a_removed_member_cannot_write(app) {
        let max = app.north("max").await;
        app.engine.remove_member(&app.north("olga").await, app.member("max", NORTH).await).await.expect("removed");
        let before = crate::test_app::everything(app).await;
        assert_eq!(refusal(app.workspace(&max, "Late").await), Code::Forbidden);
        assert_eq!(before, crate::test_app::everything(app).await);
    }

    // D6
    a_request_of_a_demoted_admin_has_no_admin_access(app) {
        let ada = app.north("ada").await;
        let made = app.workspace(&app.north("max").await, "Max's").await.expect("a workspace");
        app.engine.change_member(&app.north("olga").await, app.member("ada", NORTH).await, Role::Member).await.expect("demoted");
        let command = DeleteWorkspace { workspace: made.id };
        assert_eq!(refusal(app.engine.delete_workspace(&ada, &command).await), Code::Forbidden);
    }

    // RK-03
    a_workspace_created_with_an_id_token_names_the_person(app) {
        let ctx = app.with_token(&crate::test_app::identity("max"), None).await.expect("max");
        assert_eq!(app.workspace(&ctx, "By token").await.expect("a workspace").created_by, "max");
    }

    // D7
    a_workspace_of_the_sandbox_is_not_visible_in_production(app) {
        let max = app.north("max").await;
        let made = app.workspace(&max, "Experiment").await.expect("a workspace");
        assert_eq!(made.environment, Environment::Production);
        app.move_to_sandbox(&made).await;
        assert!(app.engine.list_workspaces(&max, None, 10).await.expect("a list").rows.is_empty());
        assert_eq!(refusal(app.engine.get_workspace(&max, &made.id).await), Code::NotFound);
        let delete = DeleteWorkspace { workspace: made.id.clone() };
        assert_eq!(refusal(app.engine.delete_workspace(&max, &delete).await), Code::NotFound);
        // Another organization gets 403.
        assert_eq!(refusal(app.engine.get_workspace(&app.south("otto").await, &made.id).await), Code::Forbidden);
    }

    // D7
    a_test_key_accesses_only_workspaces_of_the_sandbox(app) {
        let max = app.north("max").await;
        let real = app.workspace(&max, "Real").await.expect("a workspace");
        let key = app.restricted_key("max", "test", &["workspaces:write"]).await;
        let sandbox = app.with_key(&key.plain).await.ctx.clone();
        let trial = app.workspace(&sandbox, "Trial").await.expect("a workspace");
        assert_eq!((trial.environment, trial.created_by.as_str()), (Environment::Test, "max"));
        for (ctx, own, other) in [(&sandbox, &trial, &real), (&max, &real, &trial)] {
            assert_eq!(app.engine.list_workspaces(ctx, None, 10).await.expect("a list").rows, std::slice::from_ref(own));
            assert_eq!(app.engine.get_workspace(ctx, &own.id).await.expect("found"), *own);
            assert_eq!(refusal(app.engine.get_workspace(ctx, &other.id).await), Code::NotFound);
            let delete = DeleteWorkspace { workspace: other.id.clone() };
            assert_eq!(refusal(app.engine.delete_workspace(ctx, &delete).await), Code::NotFound);
        }
        let delete = DeleteWorkspace { workspace: trial.id };
        app.engine.delete_workspace(&sandbox, &delete).await.expect("deleted");
    }
}
