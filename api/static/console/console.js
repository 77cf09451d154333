"use strict";
(() => {
  // The bundle names the styles it adds by this, so that the page's policy lets them in.
  globalThis.__webpack_nonce__ = document.currentScript.nonce;

  const ENDPOINT = location.pathname;
  const DEFAULT_QUERY = `# 药路 GraphiQL
#
# Ctrl-Enter 执行, Ctrl-Space 补全; 左上角的书是文档。
# 几乎每个字段都要令牌。开发环境中,
# yaolu serve 启动时打印各角色的令牌, 也可另取:
#
#     yaolu token PATIENT 35010000000001
#
# 填入下方 Headers 页, 查询与订阅都用它。

query Me {
  member {
    name
    area
    insurance
    status
  }
}

subscription Events {
  patientEvents {
    kind
    occurredAt
    prescriptionId
    fillId
    cursor
  }
}
`;
  const DEFAULT_HEADERS = '{\n  "Authorization": "Bearer "\n}';

  /** The editor's headers; a token nobody has filled in yet is none. */
  function headersOf(options) {
    const headers = new Headers(options?.headers ?? {});
    if (/^(bearer)?$/i.test((headers.get("authorization") ?? "").trim())) headers.delete("authorization");
    return headers;
  }

  async function post(operation, headers) {
    headers.set("Content-Type", "application/json");
    headers.set("Accept", "application/graphql-response+json, application/json;q=0.9");
    const response = await fetch(ENDPOINT, { method: "POST", headers, body: JSON.stringify(operation) });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
    }
  }

  function subscribe(operation, headers) {
    const authorization = headers.get("authorization");
    const client = graphqlWs.createClient({
      url: new URL(ENDPOINT, location.href.replace(/^http/, "ws")).href,
      connectionParams: authorization ? { authorization } : {},
      // Reconnecting in silence would hide lost events and refused tokens.
      retryAttempts: 0,
    });
    // Not a generator: one that waits for the next event could not be stopped.
    return {
      subscribe: (observer) => ({
        unsubscribe: client.subscribe(operation, {
          next: (answer) => observer.next(answer),
          error: (error) => observer.error(readable(error)),
          complete: () => observer.complete(),
        }),
      }),
    };
  }

  /** GraphiQL shows plain objects as they are, and nothing of a CloseEvent. */
  function readable(error) {
    return error instanceof CloseEvent ? { message: `连接已关闭 ${error.code} ${error.reason}`.trim() } : error;
  }

  function isSubscription(operation, options) {
    const operations = (options?.documentAST?.definitions ?? []).filter(
      (definition) => definition.kind === "OperationDefinition",
    );
    const chosen = operations.find((definition) => definition.name?.value === operation.operationName);
    return (chosen ?? operations[0])?.operation === "subscription";
  }

  function fetcher(operation, options) {
    const headers = headersOf(options);
    return isSubscription(operation, options) ? subscribe(operation, headers) : post(operation, headers);
  }

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: DEFAULT_QUERY,
      defaultHeaders: DEFAULT_HEADERS,
      defaultEditorToolsVisibility: "headers",
      inputValueDeprecation: true,
    }),
  );
})();
