"""Django's admin: for looking, and for the few things that may be mended there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from playground.accounts import models as accounts
from playground.catalog import models as catalog
from playground.ledger import models as ledger
from playground.recipes import models as recipes
from playground.runs import models as runs
from playground.runs.queries import paused_providers

if TYPE_CHECKING:
    BaseAdmin = admin.ModelAdmin[Any]
    BaseInline = admin.TabularInline[accounts.Membership, accounts.Team]
else:
    BaseAdmin, BaseInline = admin.ModelAdmin, admin.TabularInline


_PROVISIONED = (
    "Written by provisioning: change the file and run `manage.py provision FILE`."
)


class ReadOnlyAdmin(BaseAdmin):
    """Everything can be read, nothing changed: services write these rows.

    `why` says on each page who does, because Django only leaves the buttons out.
    """

    why = "Written by the site itself, to be read here."
    change_form_template = "admin/read_only_form.html"
    change_list_template = "admin/read_only_list.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, below the reason."""
        return super().changelist_view(
            request, {**(extra_context or {}), "why": self.why}
        )

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *arguments: Any,
        **more: Any,
    ) -> HttpResponse:
        """One row, below the reason."""
        context["why"] = self.why
        return super().render_change_form(request, context, *arguments, **more)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Never."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Never."""
        return False


class MembershipInline(BaseInline):
    """The members of a team, on its page."""

    model = accounts.Membership
    extra = 0
    autocomplete_fields = ("user",)


admin.site.site_header = "MoA Playground"
admin.site.site_title = "MoA Playground"
admin.site.register(accounts.User, UserAdmin)


@admin.register(accounts.Team)
class TeamAdmin(BaseAdmin):
    """Teams and who is in them."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    inlines = (MembershipInline,)


@admin.register(accounts.ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens by their last four characters."""

    why = "Made by `manage.py apitoken USER`, which shows a token once."

    list_display = ("name", "user", "team", "last4", "last_used_at", "expires_at")
    list_select_related = ("user", "team")
    exclude = ("digest",)


@admin.register(accounts.SigninLink)
class SigninLinkAdmin(ReadOnlyAdmin):
    """Which links were made and used, never the links."""

    why = "Made by `manage.py signin USER`, which shows a link once."

    list_display = ("user", "created_at", "expires_at", "used_at")
    list_select_related = ("user",)
    exclude = ("digest",)


@admin.register(catalog.Provider)
class ProviderAdmin(ReadOnlyAdmin):
    """Endpoints; `manage.py provision` changes them."""

    why = _PROVISIONED

    list_display = ("name", "slug", "base_url", "local", "max_parallel", "paused")
    readonly_fields = ("paused",)

    @admin.display(description="Held back")
    def paused(self, provider: catalog.Provider) -> str:
        """For how long its calls are held back after failures, and the last failure."""
        try:
            found = paused_providers().get(provider.slug)
        except (RedisError, ImproperlyConfigured):
            return "not known: Redis does not answer"
        return f"for {found.seconds:.0f} s: {found.why}" if found else "no"


@admin.register(catalog.Credential)
class CredentialAdmin(ReadOnlyAdmin):
    """Credentials by their last four characters."""

    why = _PROVISIONED

    list_display = ("provider", "last4", "updated_at")
    list_select_related = ("provider",)
    exclude = ("sealed",)


@admin.register(catalog.ModelCard)
class ModelCardAdmin(ReadOnlyAdmin):
    """Model cards; `manage.py provision` changes them."""

    why = _PROVISIONED

    list_display = ("alias", "provider", "model", "context", "max_output")
    list_select_related = ("provider",)
    search_fields = ("alias", "model")


@admin.register(catalog.Lesson)
class LessonAdmin(ReadOnlyAdmin):
    """What models were found not to take; a lesson is forgotten by deleting it."""

    why = (
        "Learned from a provider's refusal. Delete one to have the field sent again by "
        "the next run; if it is refused again, it is learned again."
    )

    list_display = ("provider", "model", "field", "instead", "learned_at")
    list_select_related = ("provider",)
    list_filter = ("provider",)
    search_fields = ("model", "field")

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """As Django grants it."""
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(catalog.Price)
class PriceAdmin(ReadOnlyAdmin):
    """Prices, the newest of a card first."""

    why = _PROVISIONED

    list_display = ("card", "valid_from", "input", "cached_input", "output")
    list_select_related = ("card",)


@admin.register(ledger.Budget)
class BudgetAdmin(ReadOnlyAdmin):
    """Stored budgets."""

    why = _PROVISIONED

    list_display = ("team", "user", "card", "window", "usd_nanos", "tokens", "runs")
    list_select_related = ("team", "user", "card")


@admin.register(ledger.Bucket)
class BucketAdmin(ReadOnlyAdmin):
    """What budgets have held and spent, by window. Money is in nano-dollars."""

    list_display = ("budget", "unit", "window_start", "limit", "held", "spent")
    list_filter = ("unit",)


@admin.register(ledger.Hold)
class HoldAdmin(ReadOnlyAdmin):
    """What is set aside, and for what."""

    list_display = ("cause", "team", "user", "opened_at", "closed_at")
    list_select_related = ("team", "user")
    search_fields = ("cause",)


@admin.register(ledger.Entry)
class EntryAdmin(ReadOnlyAdmin):
    """The lines of the ledger."""

    list_display = ("key", "bucket", "kind", "held", "spent", "at")
    list_select_related = ("bucket__budget",)
    list_filter = ("kind",)
    show_full_result_count = False


@admin.register(recipes.Recipe)
class RecipeAdmin(ReadOnlyAdmin):
    """Recipes; their content lies in revisions."""

    why = "Recipes are edited on their own pages; a revision never changes."

    list_display = ("name", "slug", "team", "preset", "archived_at")
    list_select_related = ("team",)
    search_fields = ("name", "slug")


@admin.register(recipes.Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Frozen versions."""

    why = "Recipes are edited on their own pages; a revision never changes."

    list_display = ("recipe", "number", "created_by", "created_at")
    list_select_related = ("recipe", "created_by")


@admin.register(runs.Run)
class RunAdmin(ReadOnlyAdmin):
    """Runs, newest first."""

    list_display = ("id", "team", "user", "status", "degraded", "created_at")
    list_select_related = ("team", "user")
    list_filter = ("status", "degraded")
    exclude = ("feed_copy", "form_token")
    show_full_result_count = False


@admin.register(runs.Draft)
class DraftAdmin(ReadOnlyAdmin):
    """Drafts."""

    list_display = ("run", "key", "model", "status")
    show_full_result_count = False


@admin.register(runs.Call)
class CallAdmin(ReadOnlyAdmin):
    """Calls."""

    list_display = ("run", "n", "alias", "provider", "status", "cost_nanos")
    show_full_result_count = False


@admin.register(runs.JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    """Journals."""

    list_display = ("run", "seq", "epoch", "kind", "recorded_at")
    show_full_result_count = False


@admin.register(runs.DraftRequest)
class DraftRequestAdmin(ReadOnlyAdmin):
    """What people asked for single drafts."""


@admin.register(runs.DeletedRun)
class DeletedRunAdmin(ReadOnlyAdmin):
    """What stays of runs that were deleted."""

    list_display = ("id", "team", "user", "cost_nanos", "deleted_at", "deleted_by")
    list_select_related = ("team", "user", "deleted_by")


@admin.register(runs.RunWords)
class RunWordsAdmin(ReadOnlyAdmin):
    """By which words runs are found."""

    show_full_result_count = False


@admin.register(recipes.WorkingCopy)
class WorkingCopyAdmin(ReadOnlyAdmin):
    """Who edits which recipe; what they wrote so far is theirs alone."""

    list_display = ("user", "team", "recipe", "changed_at")
    list_select_related = ("user", "team", "recipe")
    exclude = ("document", "past", "future")
