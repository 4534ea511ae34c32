// A page that only wants to know where it is.
import { detect } from "wxpay-h5";

document.title = detect().reasonZh;
