/**
 * Largest packet that a Gateway Load Balancer carries, headers of the inner packet included; it drops longer ones silently.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#mtu
 */
export const GWLB_MTU_BYTES = 8500;
