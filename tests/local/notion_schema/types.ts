import type * as api from "@notionhq/client/build/src/api-endpoints"

export type OauthTokenRequest = api.OauthTokenParameters
export type OauthToken = api.OauthTokenResponse
export type OauthIntrospectRequest = api.OauthIntrospectParameters
export type OauthIntrospect = api.OauthIntrospectResponse
export type OauthRevokeRequest = api.OauthRevokeParameters
export type OauthRevoke = api.OauthRevokeResponse
export type User = api.UserObjectResponse
export type UserList = api.ListUsersResponse
export type CreatePageRequest = api.CreatePageParameters
export type UpdatePageRequest = api.UpdatePageParameters
export type Page = api.PageObjectResponse
export type PropertyItem = api.GetPagePropertyResponse
export type CreateDatabaseRequest = api.CreateDatabaseParameters
export type UpdateDatabaseRequest = api.UpdateDatabaseParameters
export type Database = api.DatabaseObjectResponse
export type CreateDataSourceRequest = api.CreateDataSourceParameters
export type UpdateDataSourceRequest = api.UpdateDataSourceParameters
export type DataSource = api.DataSourceObjectResponse
export type QueryRequest = api.QueryDataSourceParameters
export type QueryResults = api.QueryDataSourceResponse
export type Block = api.BlockObjectResponse
export type BlockList = api.ListBlockChildrenResponse
export type AppendBlocksRequest = api.AppendBlockChildrenParameters
export type UpdateBlockRequest = api.UpdateBlockParameters
export type CreateCommentRequest = api.CreateCommentParameters
export type Comment = api.CommentObjectResponse
export type CommentList = api.ListCommentsResponse
export type SearchRequest = api.SearchParameters
export type SearchResults = api.SearchResponse
export type UpdateCommentRequest = api.UpdateCommentParameters
export type MovePageRequest = api.MovePageParameters
export type TemplateList = api.ListDataSourceTemplatesResponse
export type CreateFileUploadRequest = api.CreateFileUploadParameters
export type FileUpload = api.FileUploadObjectResponse
export type FileUploadList = api.ListFileUploadsResponse
export type WebhookEvent =
  | api.PageCreatedWebhookPayload
  | api.PagePropertiesUpdatedWebhookPayload
  | api.PageContentUpdatedWebhookPayload
  | api.PageDeletedWebhookPayload
  | api.PageUndeletedWebhookPayload
  | api.PageMovedWebhookPayload
  | api.PageLockedWebhookPayload
  | api.PageUnlockedWebhookPayload
  | api.DatabaseCreatedWebhookPayload
  | api.DatabaseDeletedWebhookPayload
  | api.DatabaseUndeletedWebhookPayload
  | api.DataSourceCreatedWebhookPayload
  | api.DataSourceSchemaUpdatedWebhookPayload
  | api.DataSourceDeletedWebhookPayload
  | api.DataSourceUndeletedWebhookPayload
  | api.CommentCreatedWebhookPayload
  | api.CommentUpdatedWebhookPayload
  | api.CommentDeletedWebhookPayload
