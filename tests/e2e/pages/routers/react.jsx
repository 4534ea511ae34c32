// The shop with react-router.

import { logIn, pay, resume, shop, showCode } from "./shop.js";
import { createRoot } from "react-dom/client";
import { Link, createBrowserRouter, createHashRouter, useLocation, useNavigate } from "react-router";
import { RouterProvider } from "react-router/dom";

function Shelf() {
  const { pathname, search, hash } = useLocation();
  const navigate = useNavigate();
  return (
    <>
      <output id="route">{pathname + search + hash}</output>
      <button id="pay" onClick={pay}>pay</button>
      <button id="login" onClick={logIn}>log in</button>
      <Link id="next" to="/shop/cup">next</Link>
      <button id="back" onClick={() => navigate(-1)}>back</button>
    </>
  );
}

const routes = [{ path: "/shop/:item", element: <Shelf /> }];
const router =
  shop.mode === "hash"
    ? createHashRouter(routes)
    : createBrowserRouter(routes, { basename: shop.base });
createRoot(document.getElementById("app")).render(<RouterProvider router={router} />);
if (shop.login === "checkout") resume();

if (shop.login === "late") {
  showCode();
  // With a hash the code was never the router's; without, the address is clean and the router is not.
  if (shop.mode === "history") router.navigate({ search: location.search }, { replace: true });
}
