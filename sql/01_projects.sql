-- 01_projects: projects with goals and dates, the repositories they use, and the branches of those.

CREATE SCHEMA projects AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA projects IS 'Projects with goals and timelines, repositories, branches';
GRANT USAGE ON SCHEMA projects TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

CREATE TABLE projects.projects (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT projects_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT projects_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    slug base.slug NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'planning' CONSTRAINT projects_status_check
        CHECK (status IN ('planning', 'active', 'on_hold', 'completed', 'cancelled', 'archived')),
    priority base.priority_level NOT NULL DEFAULT 'normal',
    goals text[] NOT NULL DEFAULT '{}',
    start_date date,
    target_end_date date,
    actual_end_date date,
    owner_id uuid CONSTRAINT projects_owner_fkey REFERENCES base.users,
    settings jsonb NOT NULL DEFAULT '{}',
    linear_project_id text,
    slack_channel_id text,
    CONSTRAINT projects_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT projects_target_end_check CHECK (target_end_date >= start_date),
    CONSTRAINT projects_actual_end_check CHECK (actual_end_date >= start_date)
);
CREATE UNIQUE INDEX projects_slug_key ON projects.projects (organization_id, slug) WHERE deleted_at IS NULL;
CREATE INDEX projects_status_idx ON projects.projects (organization_id, status);
CREATE INDEX projects_owner_idx ON projects.projects (owner_id);
CALL base.describe('projects.projects', 'Bodies of work with goals and dates', $$
    name: What people call it
    slug: Its name in addresses, unique among the organization's live projects
    description: What it is about
    status: Where it stands
    priority: How urgent it is
    goals: What it is to reach
    start_date: First day
    target_end_date: Intended last day
    actual_end_date: Real last day
    owner_id: Who answers for it
    settings: Preferences of the project
    linear_project_id: Its id at Linear
    slack_channel_id: Where it is talked about
$$);

CREATE TABLE projects.repositories (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT repositories_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT repositories_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    provider text NOT NULL DEFAULT 'github' CONSTRAINT repositories_provider_check
        CHECK (provider IN ('github', 'gitlab', 'bitbucket', 'local', 'other')),
    full_name text NOT NULL,
    name text NOT NULL,
    external_id text,
    url text,
    clone_url text,
    default_branch text NOT NULL DEFAULT 'main',
    visibility text NOT NULL DEFAULT 'private' CONSTRAINT repositories_visibility_check
        CHECK (visibility IN ('public', 'private', 'internal')),
    status text NOT NULL DEFAULT 'active' CONSTRAINT repositories_status_check
        CHECK (status IN ('active', 'inactive', 'archived', 'error')),
    language text,
    languages jsonb NOT NULL DEFAULT '{}',
    size_kb bigint,
    analysis_enabled boolean NOT NULL DEFAULT true,
    last_analyzed_at timestamptz,
    last_commit_at timestamptz,
    CONSTRAINT repositories_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX repositories_full_name_key ON projects.repositories (organization_id, provider, full_name) WHERE deleted_at IS NULL;
CREATE INDEX repositories_language_idx ON projects.repositories (language);
CALL base.describe('projects.repositories', 'Git repositories, or folders that are analysed like one', $$
    provider: Where it is hosted
    full_name: owner/name at the provider; the folder's name for a local one
    name: The last part of its full name
    external_id: Its id at the provider
    url: Where it is looked at, without credentials
    clone_url: Where it is cloned from, without credentials
    default_branch: The branch that counts when none is named
    visibility: Who may see it at the provider
    status: Whether it is in use
    language: Its main language
    languages: Its languages by share
    size_kb: Its size at the provider
    analysis_enabled: Whether it is to be analysed
    last_analyzed_at: When it last was
    last_commit_at: When its newest known commit was made
$$);

CREATE TABLE projects.repository_branches (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT repository_branches_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    repository_id uuid NOT NULL,
    name text NOT NULL,
    head_commit_sha text,
    is_default boolean NOT NULL DEFAULT false,
    is_protected boolean NOT NULL DEFAULT false,
    ahead_by integer,
    behind_by integer,
    last_commit_at timestamptz,
    CONSTRAINT repository_branches_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT repository_branches_name_key UNIQUE (repository_id, name),
    CONSTRAINT repository_branches_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX repository_branches_default_key ON projects.repository_branches (repository_id) WHERE is_default;
CREATE INDEX repository_branches_repository_idx ON projects.repository_branches (organization_id, repository_id);
CALL base.describe('projects.repository_branches', 'Branches of a repository, as far as they were seen', $$
    repository_id: The repository
    name: The branch
    head_commit_sha: Its newest known commit
    is_default: Whether it is the default branch
    is_protected: Whether the provider protects it
    ahead_by: Commits it has that the default branch has not
    behind_by: Commits the default branch has that it has not
    last_commit_at: When its newest known commit was made
$$);

CREATE TABLE projects.project_repositories (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    project_id uuid NOT NULL,
    repository_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'primary',
    importance base.priority_level NOT NULL DEFAULT 'normal',
    path_prefix text NOT NULL DEFAULT '',
    CONSTRAINT project_repositories_pkey PRIMARY KEY (organization_id, project_id, repository_id, path_prefix),
    CONSTRAINT project_repositories_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT project_repositories_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX project_repositories_repository_idx ON projects.project_repositories (organization_id, repository_id);
CALL base.describe('projects.project_repositories', 'Which repositories, or folders of them, a project uses', $$
    project_id: The project
    repository_id: The repository
    role: What it is to the project
    importance: How much it matters to the project
    path_prefix: The folder that belongs to the project; empty for the whole repository
$$);

CALL base.secure_table('projects.projects');
CALL base.secure_table('projects.repositories');
CALL base.secure_table('projects.repository_branches');
CALL base.secure_table('projects.project_repositories');

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON projects.projects
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON projects.repositories
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON projects.repository_branches
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects.projects
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects.repositories
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects.project_repositories
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('project_id', 'repository_id', 'path_prefix');

-- views

CREATE VIEW projects.project_summary AS
SELECT p.id AS project_id, p.organization_id, p.name, p.slug, p.status, p.priority,
    coalesce(r.repository_count, 0) AS repository_count,
    coalesce(r.active_repository_count, 0) AS active_repository_count,
    coalesce(b.branch_count, 0) AS branch_count,
    greatest(r.latest_commit_at, b.latest_commit_at) AS latest_commit_at,
    coalesce(r.languages, '{}') AS languages
FROM projects.projects p
LEFT JOIN LATERAL (
    SELECT count(*) AS repository_count,
        count(*) FILTER (WHERE r.status = 'active') AS active_repository_count,
        max(r.last_commit_at) AS latest_commit_at,
        array_agg(DISTINCT r.language ORDER BY r.language) FILTER (WHERE r.language IS NOT NULL) AS languages
    FROM projects.repositories r
    WHERE r.organization_id = p.organization_id AND r.deleted_at IS NULL
      AND r.id IN (SELECT pr.repository_id FROM projects.project_repositories pr
                   WHERE pr.organization_id = p.organization_id AND pr.project_id = p.id)
) r ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS branch_count, max(b.last_commit_at) AS latest_commit_at
    FROM projects.repository_branches b
    JOIN projects.repositories r ON r.organization_id = b.organization_id AND r.id = b.repository_id AND r.deleted_at IS NULL
    WHERE b.organization_id = p.organization_id
      AND b.repository_id IN (SELECT pr.repository_id FROM projects.project_repositories pr
                              WHERE pr.organization_id = p.organization_id AND pr.project_id = p.id)
) b ON true
WHERE p.deleted_at IS NULL;
CALL base.describe('projects.project_summary', 'Each live project with counts of what it holds', $$
    project_id: The project
    name: What people call it
    slug: Its name in addresses
    status: Where it stands
    priority: How urgent it is
    repository_count: Live repositories it uses, each counted once
    active_repository_count: Those of them in use
    branch_count: Known branches of its repositories
    latest_commit_at: Newest known commit in any of them
    languages: Main languages of its repositories
$$);

CREATE VIEW projects.repository_summary AS
SELECT r.id AS repository_id, r.organization_id, r.provider, r.full_name, r.status, r.language,
    (SELECT count(DISTINCT pr.project_id) FROM projects.project_repositories pr
     JOIN projects.projects p ON p.organization_id = pr.organization_id AND p.id = pr.project_id AND p.deleted_at IS NULL
     WHERE pr.organization_id = r.organization_id AND pr.repository_id = r.id) AS project_count,
    b.branch_count, b.protected_branch_count
FROM projects.repositories r
LEFT JOIN LATERAL (
    SELECT count(*) AS branch_count, count(*) FILTER (WHERE b.is_protected) AS protected_branch_count
    FROM projects.repository_branches b
    WHERE b.organization_id = r.organization_id AND b.repository_id = r.id
) b ON true
WHERE r.deleted_at IS NULL;
CALL base.describe('projects.repository_summary', 'Each live repository with its number of projects and branches', $$
    repository_id: The repository
    provider: Where it is hosted
    full_name: owner/name at the provider
    status: Whether it is in use
    language: Its main language
    project_count: Live projects that use it
    branch_count: Its known branches
    protected_branch_count: Those of them that are protected
$$);

CALL base.finish_schema('projects');
CALL base.record_module('projects', 'Projects, repositories, branches');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;
